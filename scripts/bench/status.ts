import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { waitForSync } from '../cluster/wait-for-sync.ts'
import { generatedPaths } from '../generate/generate.ts'
import { commandLine } from '../lib/command-line.ts'
import { oneFolder } from '../lib/folders.ts'
import { exitCodes, ProblemError } from '../lib/problems.ts'
import { externalSecretRefs, installChart, type LocalStack, startLocalStack } from '../local/stack/stack.ts'
import { type EnvironmentModel, resolve } from '../model/resolve.ts'
import type { Application } from '../model/types.ts'
import { loadApplication } from '../session/application.ts'
import { type Benchmark, type BenchmarkIo, sizeFor } from './benchmark.ts'
import { largeApplication, largeApplicationFiles } from './large-application.ts'
import { inTurns, peakMemoryMiB, tsx, wallMs } from './measured-programs.ts'
import { describePairs, duration, type Measurement, median, medianExcessMs } from './measurement.ts'
import { copyRepository, type Workspace, writeGenerated } from './workspace.ts'

/** `npm run status` against the local stack: the committed environment, then many secrets behind a slow network. */
export const status: Benchmark = {
  name: 'status',
  async run(io) {
    return [...(await committed(io)), ...(await slow(io)), await memory(io)]
  },
}

// --- internal ---

const largest = 10_000
const latencyMs = 50
/** Runs of programs that take seconds. */
const slowRuns = 3

async function committed(io: BenchmarkIo): Promise<Measurement[]> {
  const application = await loadApplication(io)
  const [environment = ''] = Object.keys(application.environments)
  const model = resolve(application, environment)
  await using workspace = await copyRepository(io)
  await using stack = await deployed(io, workspace, application, model)
  await writeFile(join(workspace.folder, 'empty.ts'), '')
  const options = { ...io, env: environmentOf(io, stack) }
  const pairs = await inTurns(tsx(workspace.folder, 'empty.ts'), statusOf(workspace, environment), options)
  stack.emulator.resetRequests()
  await wallMs(statusOf(workspace, environment), options)
  const asked = stack.emulator.requests().byPrincipal.owner ?? {}
  const remotes = model.tiers.flatMap(({ remoteSecrets }) => remoteSecrets).length
  return [
    {
      what: `status, ${application.catalogue.secrets.length} secrets`,
      value: medianExcessMs(pairs) / 1000,
      unit: '+s',
      target: 1,
      how: describePairs(pairs),
    },
    requests('lists of folders', asked['secrets.list'], model.tiers.length),
    requests('versions', asked['versions.get'], remotes),
  ]
}

function requests(what: string, value = 0, target: number): Measurement {
  return {
    what: `status, Scaleway requests for ${what}`,
    value,
    unit: 'requests',
    target,
    how: 'measured at the emulator',
  }
}

async function slow(io: BenchmarkIo): Promise<Measurement[]> {
  const many = sizeFor(io, 1_000)
  io.log(`status: ${many.toLocaleString('en')} secrets, ${latencyMs} ms per request`)
  const application = largeApplication(many)
  const [environment = ''] = Object.keys(application.environments)
  await using workspace = await copyRepository(io, largeApplicationFiles(many))
  await using stack = await deployed(io, workspace, application, resolve(application, environment))
  stack.emulator.faults.add({ kind: 'latency', principal: 'owner', delayMs: latencyMs })
  const times: number[] = []
  for (let index = 0; index < Math.min(io.runs, slowRuns); index++)
    times.push(await wallMs(statusOf(workspace, environment), { ...io, env: environmentOf(io, stack) }))
  return [
    {
      what: `status, ${many.toLocaleString('en')} secrets, ${latencyMs} ms per request`,
      value: median(times) / 1000,
      unit: 's',
      target: 15,
      how: `median of ${times.map(duration).join(', ')}`,
    },
  ]
}

async function memory(io: BenchmarkIo): Promise<Measurement> {
  io.log(`status: ${largest.toLocaleString('en')} secrets`)
  const application = largeApplication(largest)
  const [environment = ''] = Object.keys(application.environments)
  await using workspace = await copyRepository(io, largeApplicationFiles(largest))
  await using stack = await startLocalStack({ io, model: resolve(application, environment), emulator: { limits } })
  const program = statusOf(workspace, environment)
  return {
    what: `status, ${largest.toLocaleString('en')} secrets, peak memory`,
    value: await peakMemoryMiB(program, { ...io, env: environmentOf(io, stack) }),
    unit: 'MiB',
    target: 500,
    how: 'one run, nothing deployed',
  }
}

const limits = { secrets: 4 * largest }

async function deployed(
  io: BenchmarkIo,
  workspace: Workspace,
  application: Application,
  model: EnvironmentModel,
): Promise<LocalStack> {
  await writeGenerated(workspace, application)
  const stack = await startLocalStack({ io, model, emulator: { limits } })
  try {
    await installChart(stack, oneFolder(workspace.folder), generatedPaths.values(model.environment), io.signal)
    const refs = externalSecretRefs(model)
    const reports = await waitForSync(stack.client, refs, { timeoutMs: 180_000, signal: io.signal })
    if (reports.every(({ state }) => state === 'synced')) return stack
    throw notSynced()
  } catch (error) {
    await stack[Symbol.asyncDispose]()
    throw error
  }
}

function statusOf({ folder }: Workspace, environment: string) {
  return tsx(folder, 'scripts/cli.ts', 'status', '--environment', environment)
}

function environmentOf({ env }: BenchmarkIo, { emulator, controlPlane }: LocalStack) {
  return {
    ...env,
    KUBECONFIG: controlPlane.kubeconfigPath,
    SCW_API_URL: emulator.url,
    SCW_SECRET_KEY: emulator.owner.secretKey,
  }
}

function notSynced(): ProblemError {
  return new ProblemError(
    {
      code: 'NOT_SYNCED',
      where: 'bench status',
      message: 'not every ExternalSecret is synced. Expected all of them within three minutes.',
      fix: `Run \`${commandLine`start`}\`, which shows the reason.`,
    },
    exitCodes.problems,
  )
}
