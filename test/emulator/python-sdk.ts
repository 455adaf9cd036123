import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Emulator } from '../../scripts/local/emulator/emulator.ts'
import { root } from '../helpers/generating.ts'
import { tools } from '../helpers/tools.ts'
import { type Clients, variablesOf } from './clients.ts'

export type Api = 'secret' | 'iam' | 'account'
/** What the SDK returns, its objects with the names of Python. */
// biome-ignore lint/suspicious/noExplicitAny: whatever the SDK makes of an answer
export type Returned = any

/** Scaleway's SDK for Python in a process of its own, as one key sees the emulator. */
export interface PythonSdk extends AsyncDisposable {
  /** What a method of the SDK returns; fails when it raises an error. */
  call(api: Api, method: string, args?: Readonly<Record<string, unknown>>): Promise<Returned>
  /** The status and the type of the error that a method raises; fails when it returns. */
  refused(api: Api, method: string, args?: Readonly<Record<string, unknown>>): Promise<{ status: number; type: string }>
}

export async function startPython(
  emulator: Emulator,
  key: Pick<Clients, 'accessKey' | 'secretKey'>,
): Promise<PythonSdk> {
  const { 'scaleway-python': python } = await tools('scaleway-python')
  const child = spawn(python.path, ['-I', join(root, 'test/fixtures/scaleway_calls.py')], {
    env: variablesOf(emulator, key),
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk
  })
  child.stdin.on('error', () => undefined)
  const over = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()

  const ask = async (...call: [Api, string, Readonly<Record<string, unknown>>]) => {
    child.stdin.write(`${JSON.stringify(call)}\n`)
    const { value, done } = await lines.next()
    if (done) {
      await over
      throw new Error(`${call[1]}: the SDK ended: ${stderr}`)
    }
    return JSON.parse(value) as { result?: unknown; status?: number; type?: string }
  }
  return {
    async call(api, method, args = {}) {
      const answer = await ask(api, method, args)
      if (answer.status !== undefined) throw new Error(`${method}: ${answer.status} ${answer.type}`)
      return answer.result
    },
    async refused(api, method, args = {}) {
      const { status, type = '' } = await ask(api, method, args)
      if (status === undefined) throw new Error(`${method} was not refused`)
      return { status, type }
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end()
      await over
    },
  }
}
