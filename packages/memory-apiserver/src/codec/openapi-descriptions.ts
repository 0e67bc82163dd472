/**
 * What `kubectl explain` tells of the fields that every custom resource has. Built-in kinds are published without
 * descriptions, but a CRD's author has written some, and these belong beside them.
 */
export const typeMetaDescriptions = {
  apiVersion: 'APIVersion defines the schema that this object follows, as group and version.',
  kind: 'Kind is the name of the resource that this object stands for, in CamelCase.',
};

export const metadataDescription = "Standard object's metadata: what all objects have beside their content.";

/** Of the fields of `ObjectMeta`. */
export const objectMetaDescriptions: Readonly<Record<string, string>> = {
  annotations:
    'Annotations is a map of free texts that tools keep with the object; nothing is selected by them.',
  creationTimestamp: 'CreationTimestamp is a timestamp of when the server first stored the object.',
  deletionGracePeriodSeconds: 'Seconds that the object may take to end before it is removed.',
  deletionTimestamp: 'DeletionTimestamp is when the object was asked, or is going, to be removed.',
  finalizers: 'Names that must be taken off this list before the object is removed.',
  generateName: 'GenerateName is a prefix for a name that the server makes unique.',
  generation: 'A number that grows with each change of what is wanted.',
  labels: 'Labels is a map of short values by which objects are selected.',
  managedFields: 'ManagedFields tells which client has set which fields.',
  name: 'Name is unique among the objects of a kind in a namespace; it never changes.',
  namespace: 'Namespace is the space in which the name is unique.',
  ownerReferences: 'Objects that this one depends on: it is removed when all of them are gone.',
  resourceVersion: 'A text that differs after each change of the object.',
  selfLink: 'Not used any more.',
  uid: 'UID is unique over all objects and times.',
};
