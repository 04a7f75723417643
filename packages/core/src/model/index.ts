export { type Audience, EMPTY_STATE, entityName, type ProjectState } from './state.ts'
