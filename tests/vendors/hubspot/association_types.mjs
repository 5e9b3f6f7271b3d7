// The client keeps its association type ids in an enumeration of its own.
import { AssociationTypes } from '@hubspot/api-client';

export { AssociationTypes };
export { assert, check, refused } from './check.mjs';
