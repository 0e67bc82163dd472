/** Requests that are played against a kube-apiserver to record what it answers: see record-authorization.ts. */
export type { Case } from './case.js';
export { escalations } from './escalations.js';
export { impersonations } from './impersonations.js';
export { accessQuestions } from './questions.js';
export { requests } from './requests.js';
export { reviews } from './reviews.js';
export { setup } from './setup.js';
export { signing } from './signing.js';
export { tokens } from './tokens.js';
