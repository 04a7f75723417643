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
} from '../scope.ts'
export { type AppliedChange, apply, applyAll, entityOf } from './apply.ts'
export { type Compiler, type CompileTarget, compile, createCompiler } from './compile/compile.ts'
export { segmentsNamedBy } from './compile/compile-flag.ts'
export { type LayerField, type Resolved, resolve } from './layers.ts'
export { mostMoved } from './max-moved-buckets.ts'
export { resplit, splitErrors, type Weights, weightsOf } from './resplit.ts'
export { type Audience, EMPTY_STATE, entityName, type ProjectState } from './state.ts'
export { validate } from './validate/index.ts'
