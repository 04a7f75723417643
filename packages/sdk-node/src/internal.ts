/**
 * The parts that only the packages of Flaghoist share. They can change in any release: applications
 * import the main entry point instead.
 */
export { type FileCache, fileCache } from './file-cache.ts'
export { nodePlatform } from './node-platform.ts'
