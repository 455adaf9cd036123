/**
 * Run as a program by a test: starts a control plane and an operator below the folder it is given, says `started`, and
 * stops them when it is told to by SIGINT or SIGTERM, as the command line does.
 */
import { startTestControlPlane, startTestOperator } from './local-stack.ts'

const [parent = ''] = process.argv.slice(2)
const interrupt = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => interrupt.abort(new Error(name)))

try {
  await using controlPlane = await startTestControlPlane({ parent, signal: interrupt.signal })
  await using _operator = await startTestOperator(controlPlane)
  process.stdout.write('started\n')
  const keepAlive = setInterval(() => undefined, 1000)
  await new Promise((resolve) => interrupt.signal.addEventListener('abort', resolve))
  clearInterval(keepAlive)
} catch (error) {
  if (!interrupt.signal.aborted) throw error
}
process.exitCode = 130
