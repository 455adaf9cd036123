import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Jiti } from 'jiti'
import { cacheFolder } from '../local/toolchain/cache.ts'
import type { Environment } from '../local/toolchain/locate.ts'
import { defineCatalogue, defineEnvironments } from '../model/define.ts'
import { keepJavaScript } from './kept-javascript.ts'

/**
 * The default export of a user's data file: loaded by Node itself where that reads TypeScript (a newer one, or one that was
 * started with tsx), else by jiti.
 *
 * @param env says where the tools are kept, and what jiti makes of a file. Default: that is not kept
 * @throws what the file throws, or what the loader says of it
 */
export async function loadDataFile(file: string, env?: Environment): Promise<unknown> {
  if (!isModule(file)) return await loadWithJiti(file, env)
  try {
    const loaded: { readonly default?: unknown } = await import(pathToFileURL(file).href)
    return loaded.default
  } catch (error) {
    if (!isOfLoader(error)) throw error
    return await loadWithJiti(file, env)
  }
}

// --- internal ---

/** Whether Node takes it for a module without guessing, which it would warn of. */
function isModule(file: string): boolean {
  return file.endsWith('.mjs') || nearestPackageType(dirname(file)) === 'module'
}

function nearestPackageType(folder: string): unknown {
  try {
    return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { readonly type?: unknown }).type
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return undefined
    const parent = dirname(folder)
    return parent === folder ? undefined : nearestPackageType(parent)
  }
}

/** Node can't read TypeScript, or not all of it, or does not find what jiti finds; the file itself throws something else. */
function isOfLoader(error: unknown): boolean {
  if (error instanceof SyntaxError) return true
  return String((error as NodeJS.ErrnoException | undefined)?.code).startsWith('ERR_')
}

/** A command asks more than once, and both files import the second one. */
const loaded = new Map<string, Promise<unknown>>()

function loadWithJiti(file: string, env: Environment | undefined): Promise<unknown> {
  const known = loaded.get(file) ?? startJiti(file, env)
  loaded.set(file, known)
  return known
}

async function startJiti(file: string, env: Environment | undefined): Promise<unknown> {
  const { createJiti } = await import('jiti')
  // Its own cache may lie in a folder that others can write to, and is run.
  const options = { fsCache: false } as const
  const jiti = createJiti(file, {
    ...options,
    ...(env ? { transform: await keptTransform(cacheFolder(env), createJiti(file, options)) } : {}),
    // Else a module without a default export would be one.
    interopDefault: false,
    // What we were started from, however that was: its own folder need not have the package.
    virtualModules: { 'tiered-secrets': { defineCatalogue, defineEnvironments } },
  })
  const { default: value } = await jiti.import<{ readonly default?: unknown }>(file)
  return value
}

async function keptTransform(cache: string, jiti: Jiti) {
  const { version }: { version: string } = createRequire(import.meta.url)('jiti/package.json')
  return await keepJavaScript(join(cache, 'data-files'), version, (options) => ({ code: jiti.transform(options) }))
}
