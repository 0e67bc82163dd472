import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorFromAnswer, parseErrorBody } from '../src/errors.js';
import {
  AlreadyExistsError,
  ForbiddenError,
  NotFoundError,
  RancherError,
  UnauthorizedError,
} from '../src/index.js';

const body = (value: unknown): string => JSON.stringify(value);

describe('errorFromAnswer', () => {
  it("carries Rancher's status, code, field and message and the request", () => {
    const error = errorFromAnswer(
      'POST /v3/clusters',
      422,
      body({ type: 'error', status: 422, code: 'MissingRequired', message: 'need it', fieldName: 'name' }),
    );
    expect(error).toBeInstanceOf(RancherError);
    expect(error).toMatchObject({
      status: 422,
      code: 'MissingRequired',
      fieldName: 'name',
      request: 'POST /v3/clusters',
    });
    expect(error.message).toBe('POST /v3/clusters: 422 MissingRequired: need it');
  });

  it.each([
    [409, 'AlreadyExists', AlreadyExistsError],
    [422, 'NotUnique', AlreadyExistsError],
    [401, 'Unauthorized', UnauthorizedError],
    [403, 'PermissionDenied', ForbiddenError],
    [404, 'NotFound', NotFoundError],
  ])('makes %i %s its own class', (status, code, type) => {
    expect(errorFromAnswer('GET /x', status, body({ code, message: 'm' }))).toBeInstanceOf(type);
  });

  it('keeps a write conflict apart from a taken name', () => {
    const error = errorFromAnswer('PUT /x', 409, body({ code: 'Conflict', message: 'changed' }));
    expect(error).not.toBeInstanceOf(AlreadyExistsError);
  });

  it('understands a body whose status is a string and which has no code', () => {
    const text = '{"type":"error","status":"401","message":"Unauthorized 401: must authenticate"}';
    const error = errorFromAnswer('GET /v3/clusters', 401, text);
    expect(error).toBeInstanceOf(UnauthorizedError);
    expect(error).toMatchObject({ status: 401, code: 'Unauthorized' });
    expect(error.message).toContain('must authenticate');
  });

  it('takes plain text as the message, in one line of bounded length', () => {
    const error = errorFromAnswer('GET /x', 502, `<html>\n<h1>Bad   Gateway</h1>${'x'.repeat(5000)}`);
    expect(error.code).toBe('ServerError');
    expect(error.message).toContain('<html> <h1>Bad Gateway</h1>');
    expect(error.message.length).toBeLessThan(400);
  });
});

describe('parseErrorBody', () => {
  it('never throws, whatever a server or proxy sends', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.dictionary(fc.constantFrom('code', 'message', 'fieldName', 'detail'), fc.jsonValue()).map(body),
        ),
        (text) => {
          expect(typeof parseErrorBody(text).message).toBe('string');
        },
      ),
    );
  });
});
