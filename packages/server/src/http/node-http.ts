/**
 * The values of `node:http` that the server uses. An `import` of that module reads all of its
 * exports, and one of them loads the client behind `fetch`, which took a tenth of a start.
 */
export const {
  createServer: createNodeServer,
  request: requestHttp,
  ServerResponse,
  STATUS_CODES,
  validateHeaderValue,
} = process.getBuiltinModule('node:http')
