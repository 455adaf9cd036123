import type { ExternalSecretObject } from '../cluster/external-secrets.ts'
import { waitForSync } from '../cluster/wait-for-sync.ts'
import { generatedPaths } from '../generate/generate.ts'
import { kinds } from '../kubernetes/kinds.ts'
import { commandLine } from '../lib/command-line.ts'
import { oneFolder } from '../lib/folders.ts'
import { pause } from '../lib/pause.ts'
import { exitCodes, isError, ProblemError } from '../lib/problems.ts'
import { externalSecretRefs, installChart, type LocalStack, startLocalStack } from '../local/stack/stack.ts'
import { requestsPerRefresh } from '../model/requests.ts'
import { resolve } from '../model/resolve.ts'
import { checkApplication } from '../model/rules/index.ts'
import type { Application } from '../model/types.ts'
import { loadApplication } from '../session/application.ts'
import type { Benchmark, BenchmarkIo } from './benchmark.ts'
import { everySecretSingle, oneBundlePerTarget } from './layouts.ts'
import { type Measurement, median } from './measurement.ts'
import { copyRepository, writeGenerated } from './workspace.ts'

/** What the real operator asks the emulator when it reads all secrets of one environment again. */
export const scalewayRequests: Benchmark = {
  name: 'scaleway-requests',
  async run(io) {
    const committed = await loadApplication(io)
    const [environment = ''] = Object.keys(committed.environments)
    const layouts = [
      { name: 'layout "single" throughout', application: everySecretSingle(committed) },
      { name: 'committed catalogue', application: committed },
      { name: 'one bundle per target', application: oneBundlePerTarget(committed) },
    ]
    const measurements: Measurement[] = []
    for (const { name, application } of layouts) {
      if (checkApplication(application).some(isError)) {
        io.log(`scaleway-requests: ${name} is left out, because it breaks a rule of the catalogue`)
        continue
      }
      io.log(`scaleway-requests: ${name}`)
      const counts = await countRefreshes(io, application, environment)
      measurements.push({
        what: `Scaleway requests per refresh, ${name}`,
        value: median(counts),
        unit: 'requests',
        target: requestsPerRefresh(resolve(application, environment)),
        how: `at the emulator, median of ${counts.join(', ')}`,
      })
    }
    return measurements
  },
}

// --- internal ---

/** The operator now and then reads an ExternalSecret twice, when its cache lags behind what it just wrote. */
const refreshes = 7
const timeoutMs = 60_000
/** After this time without a request, a refresh has ended: none of its requests counts for the next. */
const quietMs = 1_000

async function countRefreshes(io: BenchmarkIo, application: Application, environment: string): Promise<number[]> {
  await using workspace = await copyRepository(io)
  await writeGenerated(workspace, application)
  const model = resolve(application, environment)
  await using stack = await startLocalStack({ io, model, emulator: { limits: { secrets: 100_000 } } })
  await installChart(stack, oneFolder(workspace.folder), generatedPaths.values(environment), io.signal)
  await waitUntilSynced(stack, io.signal)
  const counts: number[] = []
  for (let index = 0; index < refreshes; index++) counts.push(await countRefresh(stack, io.signal))
  return counts
}

/** What an annotation makes the operator ask; what the stores ask to validate themselves names no secret. */
async function countRefresh(stack: LocalStack, signal: AbortSignal): Promise<number> {
  const { client, emulator, model } = stack
  const refs = externalSecretRefs(model)
  const synced = async () => {
    const objects = await Promise.all(refs.map((ref) => client.get<ExternalSecretObject>(kinds.externalSecret, ref)))
    return objects.map((object) => object?.status?.syncedResourceVersion)
  }
  await waitUntilQuiet(stack, signal)
  const before = await synced()
  emulator.resetRequests()
  const metadata = { annotations: { 'force-sync': String(Date.now()) } }
  await Promise.all(refs.map((ref) => client.mergePatch(kinds.externalSecret, ref, { metadata })))
  const deadline = Date.now() + timeoutMs
  while ((await synced()).some((version, index) => version === before[index])) {
    if (Date.now() > deadline) throw notSynced()
    await pause(50, signal)
  }
  await waitUntilSynced(stack, signal)
  await waitUntilQuiet(stack, signal)
  return emulator.requests().entries.filter(({ secretName }) => secretName !== undefined).length
}

async function waitUntilSynced({ client, model }: LocalStack, signal: AbortSignal): Promise<void> {
  const reports = await waitForSync(client, externalSecretRefs(model), { timeoutMs, signal })
  if (!reports.every(({ state }) => state === 'synced')) throw notSynced()
}

async function waitUntilQuiet({ emulator }: LocalStack, signal: AbortSignal): Promise<void> {
  for (let seen = -1; seen !== emulator.requests().entries.length; ) {
    seen = emulator.requests().entries.length
    await pause(quietMs, signal)
  }
}

function notSynced(): ProblemError {
  return new ProblemError(
    {
      code: 'NOT_SYNCED',
      where: 'bench scaleway-requests',
      message: 'not every ExternalSecret is synced. Expected all of them within a minute.',
      fix: `Run \`${commandLine`start`}\`, which shows the reason.`,
    },
    exitCodes.problems,
  )
}
