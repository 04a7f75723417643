/** The errors of a project: its entities, and the changes that it refuses. */
export const projectErrors = {
  PROJECT_NOT_FOUND: {
    status: 404,
    message: 'There is no project "{project}" for this key.',
    hint: 'Check the spelling, or use a key of that project.',
  },
  PROJECT_EXISTS: {
    status: 409,
    message: 'The project "{project}" already exists.',
    hint: 'Choose another key.',
  },
  PROJECT_HOLDS_KEYS: {
    status: 409,
    message: 'Project "{project}" holds keys that are valid for all projects: {keys}.',
    hint: 'Create an admin key with allProjects in another project, then revoke these keys with it.',
  },
  CONFIRMATION_REQUIRED: {
    status: 400,
    message: 'A deletion of project "{project}" must be confirmed; the request has {given}.',
    hint: 'Add ?confirm={project} to delete the project with its log, keys and counts.',
  },
  SCOPE_FORBIDDEN: {
    status: 403,
    message: 'The key "{key}" is bound to {scope} and cannot change {entity}.',
    hint: 'Use a key of the whole project, or change a layer within {scope}.',
  },
  VERSION_CONFLICT: {
    status: 409,
    message:
      'The entity has changed since you read it: you read version {expected}, the current one is {current}.',
    hint: 'Read it again, apply your change to the current version, and send it with the new ETag.',
  },
  ENVIRONMENT_PROTECTED: {
    status: 428,
    message: 'The environment "{environment}" is protected: the write needs {missing}.',
    hint: 'Send the ETag that you read as If-Match ("0" for a new layer), and add ?reason=… to the URL.',
  },
  INSTANCE_PAUSED: {
    status: 409,
    message:
      'The instance "{instance}" is paused, and the write affects the flag "{flag}" in {scope}.',
    hint: 'Set the status of the instance to active, or set the current settings in {scope} first.',
  },
  OVERRIDE_REFUSED: {
    status: 403,
    message: 'The override is refused: {problem}',
    hint: 'Create a key of kind override with POST /api/v1/projects/{project}/keys. Allow overrides with "overrides": true in PATCH /api/v1/projects/{project}/environments/{environment}.',
  },
  SCOPE_FROZEN: {
    status: 409,
    message:
      'The freeze "{freeze}" applies in {scope} {until}, and the write affects the flag "{flag}" there.',
    hint: 'Wait until the freeze ends, or add ?override=freeze&reason=… to the URL.',
  },
  INVALID_CHANGE: {
    status: 422,
    message: 'The change was rejected: {problem}',
    hint: 'Fix the members that "issues" names and send the request again.',
  },
  FLAG_SERVES_NOTHING: {
    status: 422,
    message: 'The {type} flag "{flag}" has nothing to serve in {scope}, but "on" is true there.',
    hint: 'Add a "rollout", "rules", or a "fallthrough" such as {serve} to the layer.',
  },
  ROLLOUT_WITHOUT_EFFECT: {
    status: 422,
    message:
      'The {step} of flag "{flag}" has no effect in {scope}: it serves "{variant}", and so does the fallthrough.',
    hint: 'Set "fallthrough" to another serve, such as {serve}. To serve "{variant}" to all units, remove the rules and the rollout instead.',
  },
  CANNOT_ALIGN: {
    status: 409,
    message: 'Flag "{flag}" in {scope} cannot be aligned with {reference}: {cause}.',
    hint: '{cure}',
  },
  REVERT_CONFLICT: {
    status: 409,
    message:
      'Change {seq} cannot be reverted, because these entities have changed since: {entities}.',
    hint: 'Revert the later changes first, or set the values directly.',
  },
  REVERT_FORBIDDEN: {
    status: 422,
    message: 'Change {seq} edits {entities} and cannot be reverted.',
    hint: '{cure}',
  },
  CHANGE_NOT_FOUND: {
    status: 404,
    message: 'There is no change {seq} in project "{project}".',
    hint: "List the project's changes to find a valid number.",
  },
  ENTITY_NOT_FOUND: {
    status: 404,
    message: 'There is no {kind} "{key}".',
    hint: 'Check the spelling, or create it first.',
  },
  FLAG_KEY_CASE: {
    status: 409,
    message: 'The flag key "{key}" differs from "{existing}" only by case.',
    hint: 'Use "{existing}", or choose a key that differs by more than case.',
  },
  ENTITY_EXISTS: {
    status: 409,
    message: 'The {kind} "{key}" already exists.',
    hint: 'Choose another key, or change the existing {kind} with PATCH. A rollout changes by its actions.',
  },
  ENTITY_BUILT_IN: {
    status: 409,
    message: 'The {kind} "{key}" is built in and cannot be deleted.',
    hint: 'Change it with PATCH. Deleting it afterwards restores the built-in one.',
  },
  SCOPE_NOT_FOUND: {
    status: 404,
    message: 'There is no scope "{scope}" in this project.',
    hint: 'Check the spelling, or create the environment or the instance first.',
  },
  NOT_ON_SCOPE: {
    status: 409,
    message: 'The flag "{flag}" stays killed in {scope}, because it is killed for {outer}.',
    hint: 'Restore it for {outer}, or omit the scopes.',
  },
} as const
