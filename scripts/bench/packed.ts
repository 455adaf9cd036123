import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { catalogueText, environmentsText } from '../generate/data-file-text.ts'
import { run } from '../lib/exec.ts'
import { loadApplication } from '../session/application.ts'
import type { Benchmark, BenchmarkIo } from './benchmark.ts'
import { inTurns, type Program } from './measured-programs.ts'
import { describePairs, type Measurement, medianExcessMs, type Pairs } from './measurement.ts'

/** How fast what a user installs begins, compared with an empty run of Node. */
export const packed: Benchmark = {
  name: 'package',
  async run(io) {
    const { catalogue, environments } = await loadApplication(io)
    await using user = await installed(io)
    const { folder } = user
    await mkdir(join(folder, 'scripts'))
    await writeFile(join(folder, 'scripts/environments.ts'), environmentsText(environments))
    await writeFile(join(folder, 'scripts/catalogue.ts'), catalogueText(catalogue))
    const seconds = (what: string, target: number, pairs: Pairs): Measurement => ({
      what: `${what}, from the package`,
      value: medianExcessMs(pairs) / 1000,
      unit: '+s',
      target,
      how: describePairs(pairs),
    })
    const time = (args: readonly string[], before?: () => Promise<void>) =>
      inTurns(node(folder, '-e', ''), node(folder, program, ...args), { ...io, ...(before ? { before } : {}) })
    const help = await time(['help'])
    const commands: { readonly name: string; readonly pairs: Pairs }[] = []
    for (const name of await commandNames(folder)) commands.push({ name, pairs: await time([name, '--help']) })
    const slowest = commands.reduce((a, b) => (medianExcessMs(a.pairs) < medianExcessMs(b.pairs) ? b : a))
    const generate = await time(['gen-values'], async () => {
      for (const path of ['values', 'charts']) await rm(join(folder, path), { recursive: true, force: true })
    })
    return [
      seconds('help', 0.15, help),
      seconds(`the slowest of ${commands.length} commands to load, ${slowest.name}`, 0.15, slowest.pairs),
      seconds(`gen-values, ${catalogue.secrets.length} secrets`, 0.4, generate),
    ]
  },
}

// --- internal ---

const program = 'node_modules/tiered-secrets/bin/tiered-secrets.js'

function node(cwd: string, ...args: readonly string[]): Program {
  return { file: process.execPath, args, cwd }
}

/** A folder of a user's with what `npm pack` makes, gone when it is disposed of. */
async function installed({ productFolder, env, signal }: BenchmarkIo): Promise<AsyncDisposable & { folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'tiered-secrets-bench-'))
  const user = { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
  try {
    await run('npm', ['pack', '--pack-destination', folder], { cwd: productFolder, env, signal })
    const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz')) ?? ''
    const options = ['--save-dev', '--offline', '--no-audit', '--no-fund']
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }\n')
    await run('npm', ['install', ...options, `./${tarball}`], { cwd: folder, env, signal })
    return user
  } catch (error) {
    await user[Symbol.asyncDispose]()
    throw error
  }
}

async function commandNames(folder: string): Promise<string[]> {
  const files = await readdir(join(folder, 'node_modules/tiered-secrets/dist/package/scripts/commands'))
  return files.filter((file) => file.endsWith('.js')).map((file) => file.replace(/\.js$/, '').replace('lint-', 'lint:'))
}
