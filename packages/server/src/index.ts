export { type Config, ConfigError, describeConfig, loadConfig } from './config.ts'
export { serverErrors } from './errors.ts'
export { type RunningServer, startServer } from './start.ts'
