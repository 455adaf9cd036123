import { mkdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { draftFiles } from '../inspect/import/draft-text.ts'
import { importJson, importReport } from '../inspect/import/import-report.ts'
import { type EnvironmentSet, namedTiers, prepareDraft } from '../inspect/import/prepare-draft.ts'
import { readCluster } from '../inspect/inputs/read-cluster.ts'
import { namedInput, readInputs, typedInput } from '../inspect/inputs/read-inputs.ts'
import { createClient } from '../kubernetes/client.ts'
import { clusterProblem } from '../kubernetes/errors.ts'
import { connectionOf, loadKubeconfig } from '../kubernetes/kubeconfig.ts'
import { type CommandIo, defineCommand, outputOption, wrongUsage } from '../lib/command.ts'
import { commandLine } from '../lib/command-line.ts'
import { unwritable } from '../lib/files.ts'
import { dataFile } from '../lib/folders.ts'
import { jsonDocument } from '../lib/printable.ts'
import { exitCodes, formatProblems, type Problem, ProblemError } from '../lib/problems.ts'
import { writeTogether } from '../lib/write-together.ts'

interface Options {
  readonly from?: readonly string[]
  readonly cluster?: boolean
  readonly context?: string
  readonly out: string
  readonly tier?: readonly string[]
  readonly application?: string
  readonly environment?: string
  readonly output: 'table' | 'json'
}

export const command = defineCommand<Options>({
  name: 'import',
  summary: 'Drafts the catalogue and the environments from manifests that are there already.',
  example: commandLine`import --from k8s --out draft`,
  options: [
    {
      flags: '--from <file>',
      description: 'a file or folder of manifests, also as production=@k8s/production; may be given several times',
      isRepeatable: true,
    },
    { flags: '--cluster', description: 'read a cluster too; nothing in it is changed, and no value is kept' },
    { flags: '--context <name>', description: 'with --cluster: which one, as your kubeconfig calls it' },
    { flags: '--out <folder>', description: 'where the draft is written; no file is replaced', required: true },
    {
      flags: '--tier <name=workloads>',
      description: 'workloads of a tier, as frontend=ui,admin, or its namespace; needed where all share one namespace',
      isRepeatable: true,
    },
    { flags: '-e, --environment <name>', description: 'the environment of the cluster, and of inputs that name none' },
    { flags: '--application <name>', description: 'name of the application, where namespaces do not tell it' },
    outputOption,
  ],
  async run(options, io) {
    const { out, tier = [], application, output } = options
    const existing = (['catalogue', 'environments'] as const).flatMap((name) => dataFile(out, name) ?? [])
    if (existing.length > 0) throw new ProblemError(existing.map((path) => alreadyThere(relative(io.typedIn, path))))
    const tiers = namedTiers(tier)
    const sets = await readAll(options, io)
    const refusals = sets.flatMap(({ inputs }) => inputs.refusals)
    if (refusals.length > 0) io.tell(formatProblems(refusals))
    const draft = prepareDraft(sets, { application, tiers, withTiers: (named) => asTyped(options, named, io) })
    const files = draftFiles(draft, out === io.productFolder ? './model/define.ts' : 'tiered-secrets')
    await mkdir(out, { recursive: true }).catch((error: unknown) => {
      throw unwritable(out, error)
    })
    const names = ['environments', 'catalogue'] as const
    writeTogether(
      out,
      names.map((name) => ({ path: `scripts/${name}.ts`, content: files[name], before: undefined })),
    )
    if (output === 'json') io.out(jsonDocument({ ...importJson(draft), refusals }))
    else io.out(importReport(draft))
    const shown = relative(io.typedIn, out) || '.'
    io.log(`Drafted ${join(shown, 'scripts/catalogue.ts')} and ${join(shown, 'scripts/environments.ts')}.`)
    return exitCodes.ok
  },
})

// --- internal ---

/** This command once more, with tiers. */
function asTyped(
  { from = [], context, out, environment, application }: Options,
  tiers: readonly string[],
  io: CommandIo,
) {
  const given = (option: string, value: string | undefined) => (value === undefined ? [] : [option, value])
  const options = [
    ...from.flatMap((one) => ['--from', typedInput(one, io.typedIn)]),
    ...(context === undefined ? [] : ['--cluster', '--context', context]),
    ...['--out', relative(io.typedIn, out) || '.'],
    ...given('--environment', environment),
    ...given('--application', application),
    ...tiers.flatMap((tier) => ['--tier', tier]),
  ]
  return commandLine`import ${options}`
}

async function readAll(
  { from = [], cluster, context, environment }: Options,
  io: CommandIo,
): Promise<EnvironmentSet[]> {
  const wrong = (message: string) => wrongUsage('import', commandLine`import`, message)
  if ((cluster === true) !== (context !== undefined))
    throw wrong('a cluster is read with --cluster and --context together. Expected both or none.')
  if (from.length === 0 && !cluster) throw wrong('there is no input. Expected --from, or --cluster and --context.')
  const files = await readInputs(from.map(namedInput), io)
  const named = files.map((set) => ({ ...set, environment: set.environment ?? environment }))
  return context === undefined ? named : [...named, await readLive(context, environment, io)]
}

async function readLive(context: string, environment: string | undefined, io: CommandIo): Promise<EnvironmentSet> {
  const connection = await connectionOf(await loadKubeconfig(io.env), context, io)
  using client = createClient(connection)
  const inputs = await readCluster(client, io.signal).catch((error: unknown) => {
    throw clusterProblem(error)
  })
  return { environment, context, inputs }
}

function alreadyThere(path: string): Problem {
  return {
    code: 'DRAFT_EXISTS',
    where: path,
    message: 'is there already. Expected a folder without data files: nothing is replaced.',
    fix: 'Name another folder with --out, or move the file.',
  }
}
