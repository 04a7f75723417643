/** The settings of Unleash that create its tokens. */
export const TOKENS = {
  INIT_ADMIN_API_TOKENS: '*:*.admin-token-of-the-benchmark',
  INIT_BACKEND_API_TOKENS: 'default:production.backend-token-of-the-benchmark',
  INIT_FRONTEND_API_TOKENS: 'default:production.frontend-token-of-the-benchmark',
}

export const JSON_TYPE = { 'content-type': 'application/json' }
export const ADMIN = { authorization: TOKENS.INIT_ADMIN_API_TOKENS, ...JSON_TYPE }
export const BACKEND = { authorization: TOKENS.INIT_BACKEND_API_TOKENS }
export const FRONTEND = { authorization: TOKENS.INIT_FRONTEND_API_TOKENS }
