/** The errors of the data folder: the logs, the database and backups. */
export const storeErrors = {
  LOG_CONFLICT: {
    status: 409,
    message: 'Change {seq} of project "{project}" lost to another writer; the log is at {version}.',
    hint: 'Send the request again.',
  },
  LEASE_LOST: {
    status: 409,
    message:
      'Another process holds the lease "{lease}" under number {newest}, after number {number} of this process; nothing was stored.',
    hint: 'Leave the work to the process that holds the lease.',
  },
  LOG_CORRUPT: {
    status: 503,
    message: 'The log of project "{project}" is damaged at change {seq}: {problem}',
    hint: 'Restore the data folder from a backup. SDKs keep their last valid ruleset.',
  },
  COPY_UNFINISHED: {
    status: 503,
    message: 'Project "{project}" was not copied to its end.',
    hint: 'Run flaghoist-server transfer or restore again, which begins anew.',
  },
  STORE_LOCKED: {
    status: 503,
    message: 'Another server uses the data folder {folder}.',
    hint: 'Stop the other server, or set FLAGHOIST_DATA_DIR to another folder.',
  },
  STORE_FULL: {
    status: 503,
    message: 'The disk of the data folder is full; nothing was stored.',
    hint: 'Free disk space and try again. A running server still serves flags and accepts kills.',
  },
  STORE_READ_ONLY: {
    status: 503,
    message: 'The data folder is read-only, so nothing can be stored: {problem}.',
    hint: 'Make the folder writable for the server, then restart it. Flags are still served.',
  },
  STORE_DAMAGED: {
    status: 503,
    message: 'The database file is damaged: {problem}.',
    hint: 'Restore the data folder from a backup. SDKs keep their last valid ruleset.',
  },
  STORE_FOREIGN: {
    status: 503,
    message: 'The file flaghoist.db is not a database of Flaghoist: {problem}.',
    hint: 'Set FLAGHOIST_DATA_DIR to another folder, or restore the file from a backup.',
  },
  STORE_TOO_NEW: {
    status: 503,
    message:
      'The data folder was written by a newer Flaghoist (schema {found}; this version supports {known}).',
    hint: 'Start the newer version, or restore a backup that this version made. Later changes are lost then.',
  },
  STORE_UNAVAILABLE: {
    status: 503,
    message: 'The store cannot be read or written: {problem}.',
    hint: 'Check the disk and the permissions of the data folder. A running server still serves flags.',
  },
  REDIS_UNAVAILABLE: {
    status: 503,
    message: 'Redis cannot be read or written: {problem}.',
    hint: 'Check the Redis server and FLAGHOIST_REDIS_URL. A running server still serves flags, and reconnects.',
  },
  REDIS_LOST: {
    status: 503,
    message: 'Redis no longer holds the log of project "{project}".',
    hint: 'Restore the data of Redis. Running servers still serve the flags; restart them all to give the project up.',
  },
  REDIS_UNSUITABLE: {
    status: 503,
    message: 'Redis does not keep writes as FLAGHOIST_REDIS_DURABILITY requires: {problem}.',
    hint: 'Set appendonly yes, appendfsync always and maxmemory-policy noeviction in Redis, or set FLAGHOIST_REDIS_DURABILITY=memory.',
  },
  REDIS_IN_USE: {
    status: 409,
    message: 'Servers use the Redis that is to be copied: {servers}.',
    hint: 'Stop all of them, so that no change is left out, and run the command again.',
  },
  EVENTS_PAUSED: {
    status: 503,
    message: 'The disk has less than {space} of free space; exposures and outcomes are not stored.',
    hint: 'Free disk space, or lower FLAGHOIST_MIN_FREE_BYTES. Flags and kills still work.',
  },
  BACKUP_EXISTS: {
    status: 409,
    message: 'The file {file} already exists, and a backup never overwrites one.',
    hint: 'Choose another name, or remove the file.',
  },
  BACKUP_SPACE: {
    status: 503,
    message: 'A backup in {folder} needs {needed}, but only {free} is free.',
    hint: 'Free disk space, or run flaghoist-server backup FILE with a file on another disk.',
  },
  BACKUP_RUNNING: {
    status: 409,
    message: 'Another backup is being made.',
    hint: 'Wait until it is complete, then send the request again.',
  },
  BACKUP_OF_MEMORY: {
    status: 409,
    message: 'This server keeps its data in memory, so it has nothing to back up.',
    hint: 'Set FLAGHOIST_DATA_DIR to a folder, and restart the server.',
  },
  BACKUP_OF_REDIS: {
    status: 409,
    message: 'This server keeps its data in Redis, which makes its own backups.',
    hint: 'Copy the files of Redis, or run redis-cli --rdb FILE.',
  },
} as const
