import { CliError, cliError, usageError } from '../errors.js';

/** Where the daemon is and how to be let in. */
export interface ClientOptions {
  readonly server: string;
  readonly apiKey?: string;
}

/** The daemon's REST API. All methods throw {@link CliError} with what to do about it. */
export class AgentClient {
  readonly url: string;
  private readonly headers: Record<string, string>;

  constructor({ server, apiKey }: ClientOptions) {
    if (!/^https?:\/\//.test(server) || !URL.canParse(server)) {
      throw usageError(`--server ${server} is not an address`, 'give it like http://127.0.0.1:9090');
    }
    this.url = server.replace(/\/+$/, '');
    this.headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
  }

  async get<T>(path: string): Promise<T> {
    return this.json<T>(await this.request('GET', path));
  }

  async post<T>(path: string, body: unknown): Promise<T> {
    return this.json<T>(await this.request('POST', path, { body: JSON.stringify(body) }));
  }

  async text(path: string): Promise<string> {
    return (await this.request('GET', path)).text();
  }

  /** A request whose answer is read bit by bit. */
  stream(path: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
    return this.request('GET', path, { headers, signal });
  }

  private async request(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(this.url + path, {
        ...init,
        method,
        headers: {
          ...this.headers,
          ...(init.body == null ? {} : { 'content-type': 'application/json' }),
          ...(init.headers as Record<string, string> | undefined),
        },
      });
    } catch (error) {
      if (init.signal?.aborted) throw error;
      throw cliError('ERR_CLI_UNREACHABLE', `no agent answers at ${this.url}: ${reasonOf(error)}`, {
        hint: "start one with 'scale-cluster run', or say where it is with --server or SCALE_AGENT_URL",
        cause: error,
      });
    }
    if (!response.ok) throw await refusal(response, this.url);
    return response;
  }

  private async json<T>(response: Response): Promise<T> {
    try {
      return (await response.json()) as T;
    } catch (error) {
      throw cliError('ERR_CLI_BAD_ANSWER', `what answers at ${this.url} is not a scale-cluster-agent`, {
        hint: 'check --server or SCALE_AGENT_URL',
        cause: error,
      });
    }
  }
}

/** The reason in words; fetch hides it in its cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const { code, message } = cause as { code?: string; message?: string };
  const words: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'connection refused',
    ENOTFOUND: 'no such host',
    ETIMEDOUT: 'no answer in time',
    UND_ERR_CONNECT_TIMEOUT: 'no answer in time',
    ECONNRESET: 'connection reset',
  };
  return (code === undefined ? undefined : words[code]) ?? message ?? code ?? 'unknown reason';
}

async function refusal(response: Response, url: string): Promise<CliError> {
  const text = await response.text();
  let body: { error?: unknown; code?: unknown } = {};
  try {
    body = JSON.parse(text) as typeof body;
  } catch {
    // Not ours, perhaps a proxy's page; the status says enough.
  }
  const message = typeof body.error === 'string' ? body.error : `${url} answered ${response.status}`;
  const code = typeof body.code === 'string' ? body.code : 'ERR_CLI_BAD_ANSWER';
  return new CliError(code, message, {
    ...(response.status === 401
      ? { hint: 'set SCALE_AGENT_APIKEY to the APIKey in the settings of the agent' }
      : {}),
  });
}
