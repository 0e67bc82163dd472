/** An object of one API type, as defaulting sees it. */
export type Fields = Record<string, unknown>;

/** Fills in what a client left out of one object of a type. Objects further down are visited afterwards. */
export type Default = (value: Fields) => void;

/** Sets the fields that are absent. */
export const fill =
  (values: Fields): Default =>
  (value) => {
    for (const [name, initial] of Object.entries(values))
      value[name] ??= typeof initial === 'object' ? structuredClone(initial) : initial;
  };

/** Sets the fields that are absent or zero: those that are no pointers in Go. */
export const fillZero =
  (values: Fields): Default =>
  (value) => {
    for (const [name, initial] of Object.entries(values)) {
      const given = value[name];
      if (given === undefined || given === null || given === '' || given === 0)
        value[name] = typeof initial === 'object' ? structuredClone(initial) : initial;
    }
  };

export const both =
  (...all: Default[]): Default =>
  (value) => {
    for (const one of all) one(value);
  };

/** The object in a field, made if there is none. */
export function ensure(value: Fields, name: string): Fields {
  const inner = value[name];
  if (typeof inner === 'object' && inner !== null && !Array.isArray(inner)) return inner as Fields;
  const made: Fields = {};
  value[name] = made;
  return made;
}

export const fieldsIn = (value: Fields, name: string): Fields[] => {
  const list = value[name];
  return Array.isArray(list)
    ? list.filter((item): item is Fields => typeof item === 'object' && item !== null)
    : [];
};
