import { basename, join, relative } from 'node:path'
import { draftApplication } from '../change/init/draft-application.ts'
import { nameFrom, newApplication, type Wanted } from '../change/init/new-application.ts'
import { hasExampleRepository, knownEngines, newDelivery } from '../change/init/new-delivery.ts'
import { type Ci, knownCi, planEnvironment } from '../change/init/pipeline/pipeline.ts'
import { type PipelinePlan, planPipeline } from '../change/init/pipeline/plan-pipeline.ts'
import { type BegunApplication, type InitPlan, planInit } from '../change/init/plan-init.ts'
import { refuseFolder, removeUnfinished } from '../change/init/refuse-folder.ts'
import { typedInput } from '../inspect/inputs/read-inputs.ts'
import { type CommandIo, defineCommand, wrongUsage } from '../lib/command.ts'
import { commandLine } from '../lib/command-line.ts'
import { dataFile, nearestWith } from '../lib/folders.ts'
import { exitCodes, formatProblems } from '../lib/problems.ts'
import { isInside } from '../lib/typed-path.ts'
import { writeTogether } from '../lib/write-together.ts'
import type { Engine } from '../model/delivery/delivery.ts'
import { loadApplication } from '../session/application.ts'

interface Options {
  readonly application?: string
  readonly tiers?: readonly string[]
  readonly environments?: readonly string[]
  readonly from?: readonly string[]
  readonly ci?: Ci
  readonly manifests?: readonly string[]
  readonly gitops?: Engine
  readonly yes?: boolean
}

export const command = defineCommand<Options>({
  name: 'init',
  summary: 'Begins a repository in this folder: data files, generated files, scripts. Overwrites nothing.',
  example: commandLine`init --application shop --tiers frontend backend --environments staging production`,
  leaves: 'a file is whole or not there; run the same command again',
  options: [
    { flags: '--application <name>', description: 'its name; by default that of the working directory' },
    { flags: '--tiers <name...>', description: 'by default frontend and backend; with --from, as frontend=ui,admin' },
    { flags: '--environments <name...>', description: 'by default staging and production' },
    {
      flags: '--from <file>',
      description: 'begin with what `import` drafts from a file or folder of manifests; may be given several times',
      isRepeatable: true,
    },
    {
      flags: '--ci <name>',
      description: 'also write a pipeline; where the data files are there already, write nothing else',
      choices: knownCi,
    },
    {
      flags: '--gitops <engine>',
      description:
        'what applies the chart instead of `deploy`: goes into new environments, and its files are generated',
      choices: knownEngines,
    },
    {
      flags: '--manifests <file>',
      description: 'with --ci: a file or folder of manifests to audit; may be given several times',
      isRepeatable: true,
    },
    { flags: '--yes', description: 'ask nothing, take the defaults' },
  ],
  async run(options, io) {
    // Without --root it is the folder itself, whatever is above it.
    const folders = { productFolder: io.productFolder, userFolder: io.root === undefined ? io.typedIn : io.userFolder }
    const { userFolder } = folders
    const packageFolder = packageFolderOf(userFolder, io)
    const { ci, manifests = options.from ?? [] } = options
    if (options.manifests && ci === undefined)
      throw wrongUsage('init', '--manifests', 'means nothing alone. Expected --ci with it.')
    refuseOldEnvironments(options, userFolder)
    await refuseFolder(folders, io)
    const { typedIn, root } = io
    const plan =
      ci && isBegun(userFolder)
        ? undefined
        : await planInit(folders, await begin(options, userFolder, io), { packageFolder, typedIn, root })
    const application = plan?.application ?? (await loadApplication(folders))
    const pipeline = ci && (await planPipeline({ userFolder, packageFolder }, application, { ci, manifests }, io))
    const changes = [...(plan?.changes ?? []), ...(pipeline ? [pipeline.change] : [])]
    for (const name of await removeUnfinished(packageFolder)) io.log(`removed ${name}, left by an interrupted run`)
    io.signal.throwIfAborted()
    if (changes.length > 0) writeTogether(packageFolder, changes)
    if (plan) report(plan, relative(packageFolder, userFolder), io)
    if (pipeline) reportPipeline(pipeline, io)
    return exitCodes.ok
  },
})

// --- internal ---

/** Both data files are there: a repository is begun with them, and `--ci` only adds to it. */
function isBegun(userFolder: string): boolean {
  return (['catalogue', 'environments'] as const).every((name) => dataFile(userFolder, name) !== undefined)
}

/** One of the application's own; else the one that all applications of the repository share, which begins where the user stands. */
function packageFolderOf(userFolder: string, { typedIn, root }: CommandIo): string {
  if (isInside(userFolder, typedIn)) {
    const nearest = nearestWith('package.json', userFolder)
    return nearest !== undefined && isInside(nearest, typedIn) ? nearest : typedIn
  }
  const message = `is not below the folder you are in. Expected a folder of the repository that you are in.`
  throw wrongUsage('init', commandLine`init`, `--root ${root ?? ''} ${message}`)
}

/** `--gitops` is written into environments that are new. */
function refuseOldEnvironments({ gitops, from }: Options, userFolder: string): void {
  if (gitops === undefined) return
  const file = dataFile(userFolder, 'environments')
  const wrong = (message: string) => wrongUsage('init', `--gitops ${gitops}`, message)
  if (file)
    throw wrong(`is for new environments, and ${file} is there already. Expected \`delivery\` to be written into it.`)
  if (from) throw wrong('is for new environments, and --from drafts them. Expected one of the two.')
}

/** From manifests where some are named, otherwise from names. */
async function begin(options: Options, userFolder: string, io: CommandIo): Promise<BegunApplication> {
  const { from, application, tiers = [], gitops } = options
  if (from === undefined) {
    const wanted = await wantedBy(options, basename(userFolder), io)
    const delivery = gitops && (await newDelivery(gitops, { userFolder, ...wanted }, io.signal))
    return { application: newApplication({ ...wanted, delivery }) }
  }
  const wrong = (message: string) => wrongUsage('init', commandLine`init`, message)
  if (options.environments) throw wrong('--environments and --from both name the environments. Expected one of them.')
  const [existing] = (['catalogue', 'environments'] as const).flatMap((name) => dataFile(userFolder, name) ?? [])
  if (existing) throw wrong(`--from drafts data files, and ${existing} is there already. Expected none.`)
  const drafted = await draftApplication(
    { from, application, tiers, withTiers: (named) => asTyped(options, from, named, io) },
    io,
  )
  if (drafted.refusals.length > 0) io.tell(formatProblems(drafted.refusals))
  io.out(drafted.report)
  return drafted
}

/** This command once more, with tiers. */
function asTyped(
  { application, ci, manifests = [], yes }: Options,
  from: readonly string[],
  tiers: readonly string[],
  { typedIn }: CommandIo,
): string {
  const paths = (option: string, texts: readonly string[]) => texts.flatMap((one) => [option, typedInput(one, typedIn)])
  const options = [
    ...paths('--from', from),
    ...(application === undefined ? [] : ['--application', application]),
    ...(ci === undefined ? [] : ['--ci', ci]),
    ...paths('--manifests', manifests),
    ...['--tiers', ...tiers],
    ...(yes ? ['--yes'] : []),
  ]
  return commandLine`init ${options}`
}

async function wantedBy(
  { application, tiers, environments, yes = false }: Options,
  folder: string,
  io: CommandIo,
): Promise<Wanted> {
  const isComplete = application !== undefined && tiers !== undefined && environments !== undefined
  if (!yes && !isComplete && !io.input.isTerminal) {
    const message =
      'questions need a terminal. Expected --application, --tiers and --environments, or --yes for the defaults.'
    throw wrongUsage('init', commandLine`init`, message)
  }
  const ask = async (question: string, fallback: string) =>
    yes ? fallback : (await io.input.ask(`${question} [${fallback}] `)).trim() || fallback
  const words = (text: string) => text.split(/[\s,]+/).filter((word) => word !== '')
  return {
    application: application ?? (await ask('Name of the application?', nameFrom(folder))),
    tiers: tiers ?? words(await ask('Its tiers?', 'frontend backend')),
    environments: environments ?? words(await ask('Its environments?', 'staging production')),
  }
}

/** @param folder of the application, as the paths of the plan begin */
function report(plan: InitPlan, folder: string, { log }: CommandIo): void {
  const { changes, kept, packageJson, environments, application } = plan
  const [charts, values] = [join(folder, 'charts/'), join(folder, 'values/')]
  const ofChart = changes.filter(({ path }) => path.startsWith(charts))
  for (const { path, before } of changes)
    if (!path.startsWith(charts)) log(`${before === undefined ? 'created' : 'added to'} ${path}`)
  if (ofChart.length > 0) log(`created ${charts}tiered-secrets, ${ofChart.length} files`)
  for (const path of kept) if (!path.startsWith(charts) && !path.startsWith(values)) log(`kept ${path}`)
  for (const name of packageJson.taken)
    log(`kept the script ${name} of package.json; ours is \`${commandLine`${name}`}\``)
  log('')
  log('Next:')
  if (packageJson.isNewDependency) log('  npm install')
  log(`  edit ${join(folder, 'scripts/environments.ts')} and ${join(folder, 'scripts/catalogue.ts')}`)
  if (hasExampleRepository(application))
    log('  there too: the URL of the repository, in place of an example; it has no origin')
  log(`  ${commandLine`gen-values`}`)
  log(`  ${commandLine`check`}`)
  log(`  ${commandLine`start --environment ${environments[0] ?? ''}`}`)
}

function reportPipeline(
  { ci, shown, environments, toInclude, isAudited, absentManifests }: PipelinePlan,
  { log }: CommandIo,
): void {
  const names = environments.map(({ name }) => name).join(', ')
  log('')
  log(`created ${shown}, with ${names}${isAudited ? '' : '; without an audit, as --manifests names none'}`)
  for (const path of absentManifests)
    log(`${path} is not there: its audit fails until it is, or until the pipeline names another`)
  if (toInclude.length > 0) log('Next, in .gitlab-ci.yml:')
  for (const line of toInclude) log(`  ${line}`)
  log(`Before its first run, in the settings of the ${ci === 'github' ? 'repository' : 'project'}:`)
  for (const { name, isAppliedByEngine } of environments) {
    const own = isAppliedByEngine ? 'environment' : `environments ${name} and`
    log(`  the ${own} ${planEnvironment(name)}, with KUBECONFIG and SCW_SECRET_KEY`)
  }
  log('What each of them may do, and who approves: node_modules/tiered-secrets/docs/pipelines.md')
}
