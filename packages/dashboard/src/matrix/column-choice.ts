import { searchParameter, setSearch } from '../router.ts'
import type { ColumnChoice } from './columns.ts'

/** Stands for an empty list, because the URL keeps no empty parameter. No column has this name. */
const NONE = '@none'

/** Returns the columns that the URL names. */
export function columnChoice(): ColumnChoice {
  return { names: listOf('columns'), instances: listOf('instances') }
}

export function setColumnChoice({ names, instances }: ColumnChoice): void {
  setSearch({ columns: textOf(names), instances: textOf(instances) })
}

function listOf(parameter: string): readonly string[] | undefined {
  const names = searchParameter(parameter)?.split(',')
  return names && [...new Set(names)].filter((name) => name !== NONE)
}

function textOf(list: readonly string[] | undefined): string | undefined {
  return list && (list.join(',') || NONE)
}
