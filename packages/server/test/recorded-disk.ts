import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A system call of a program that changes files, or the text of a line that it printed. */
export type DiskStep =
  | { readonly kind: 'create'; readonly path: string }
  | { readonly kind: 'write'; readonly path: string; readonly at: number; readonly bytes: Buffer }
  | { readonly kind: 'resize'; readonly path: string; readonly size: number }
  | { readonly kind: 'remove'; readonly path: string }
  | { readonly kind: 'sync'; readonly path: string }
  | { readonly kind: 'print'; readonly text: string }

const CALLS = 'openat,pwrite64,write,ftruncate,unlink,fsync,fdatasync'
/** Longest write that is recorded whole, in bytes. */
const MAX_WRITE = 1024 * 1024

/**
 * Runs a program under strace, and returns what it did to the files of a folder, in order. Only the
 * thread that writes these files is read.
 */
export function recordDisk(command: readonly string[], folder: string): DiskStep[] {
  const traces = mkdtempSync(join(tmpdir(), 'flaghoist-trace-'))
  try {
    // One file for each thread, the paths of descriptors, and whole texts in hexadecimal.
    const options = ['-ff', '-qq', '-y', '-xx', '--seccomp-bpf', '-e', `trace=${CALLS}`]
    const limits = ['-s', `${MAX_WRITE}`, '-o', join(traces, 'thread')]
    execFileSync('strace', [...options, ...limits, ...command], { stdio: 'ignore' })
    const threads = readdirSync(traces).map((name) => stepsOf(join(traces, name), folder))
    return threads.find((steps) => steps.some(({ kind }) => kind === 'sync')) ?? []
  } finally {
    rmSync(traces, { recursive: true })
  }
}

function stepsOf(trace: string, folder: string): DiskStep[] {
  return readFileSync(trace, 'latin1')
    .split('\n')
    .flatMap((line) => stepOf(line) ?? [])
    .filter((step) => step.kind === 'print' || step.path.startsWith(folder))
}

/** Reads a line such as `pwrite64(20<\x2f\x64>, "\x37\x7f", 2, 0) = 2`, a write to `/d`. */
function stepOf(line: string): DiskStep | undefined {
  const [, call, rest = '', result] = /^(\w+)\((.*)\) = (\d+)/.exec(line) ?? []
  const path = bytesOf(/^\d+<(.*?)>/.exec(rest)?.[1] ?? '').toString()
  switch (call) {
    case 'openat': {
      const created = rest.includes('O_CREAT') ? textIn(rest) : undefined
      return created === undefined ? undefined : { kind: 'create', path: created.toString() }
    }
    case 'pwrite64': {
      const at = Number(/, (\d+)$/.exec(rest)![1])
      return { kind: 'write', path, at, bytes: textIn(rest).subarray(0, Number(result)) }
    }
    case 'write':
      return rest.startsWith('1<') ? { kind: 'print', text: textIn(rest).toString() } : undefined
    case 'ftruncate':
      return { kind: 'resize', path, size: Number(/, (\d+)$/.exec(rest)![1]) }
    case 'unlink':
      return { kind: 'remove', path: textIn(rest).toString() }
    case 'fsync':
    case 'fdatasync':
      return { kind: 'sync', path }
    default:
      return undefined
  }
}

/** Reads the first text of the arguments. */
function textIn(args: string): Buffer {
  return bytesOf(/"([^"]*)"/.exec(args)![1]!)
}

function bytesOf(hexadecimal: string): Buffer {
  return Buffer.from(hexadecimal.replaceAll('\\x', ''), 'hex')
}
