/**
 * Run as a program by a test: runs one command line after another in one process, because starting Node costs more than
 * all of them. Its arguments are the address of the command line and an array of argument lists; it prints an array of what
 * each of them gave.
 */
import { stdout as realStdout } from 'node:process'
import type { RunResult } from '../../scripts/lib/exec.ts'

const [cli = '', lines = '[]'] = process.argv.slice(2)
const print = realStdout.write.bind(realStdout)
process.setMaxListeners(0)
process.stdout.setMaxListeners(0)

const results: RunResult[] = []
for (const [index, args] of (JSON.parse(lines) as string[][]).entries()) {
  const text = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    process[name].write = (chunk: string | Uint8Array) => {
      text[name] += String(chunk)
      return true
    }
  }
  process.argv = [...process.argv.slice(0, 2), ...args]
  // A query makes it another module, so that it runs again.
  await import(`${cli}?${index}`)
  results.push({ exitCode: Number(process.exitCode), ...text })
}
process.exitCode = 0
print(JSON.stringify(results))
