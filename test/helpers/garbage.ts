import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Collects whatever nothing holds, again and again, until it is disposed. */
export function collecting(): Disposable {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const timer = setInterval(collect, 5)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
