export { type AppliedChange, apply, applyAll, entityOf } from './apply.ts'
export { type Compiler, type CompileTarget, compile, createCompiler } from './compile.ts'
export { segmentsNamedBy } from './compile-entity.ts'
export { type LayerField, type Resolved, resolve } from './layers.ts'
export { mostMoved } from './most-moved.ts'
export { resplit, splitErrors, type Weights, weightsOf } from './resplit.ts'
export {
  buildScope,
  EVERYWHERE,
  environmentOf,
  instanceOf,
  isWithin,
  type LayerAddress,
  layerKey,
  parseLayerKey,
  parseScope,
  type ScopeParts,
  scopeChain,
} from './scope.ts'
export { type Audience, EMPTY_STATE, entityName, type ProjectState } from './state.ts'
export { validate } from './validate/index.ts'
