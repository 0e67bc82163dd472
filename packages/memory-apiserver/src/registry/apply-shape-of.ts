import type { ApplyShape } from '../codec/apply-shape.js';
import { shapeOfSchema, shapeOfType } from '../codec/apply-shape.js';
import type { CustomResource, ResourceInfo } from '../schema/resource.js';
import { typeById, typeOf } from '../schema/types.js';

const customShapes = new WeakMap<CustomResource, ApplyShape>();

/** How server-side apply takes the resource's objects apart. */
export function applyShapeOf({ group, version, kind, custom }: ResourceInfo): ApplyShape {
  if (custom === undefined) return shapeOfType(typeOf(group, version, kind));
  let shape = customShapes.get(custom);
  if (shape === undefined) {
    shape = shapeOfSchema(custom.schema, shapeOfType(typeById('meta/v1:ObjectMeta')));
    customShapes.set(custom, shape);
  }
  return shape;
}
