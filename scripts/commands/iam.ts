import { pipelineIamJson, pipelineIamTable, pipelineScwScript, pipelineTerraform } from '../generate/iam-pipeline.ts'
import { iamScwScript } from '../generate/iam-scw.ts'
import { iamJson, iamTable, iamVerifiedJson, iamVerifiedTable } from '../generate/iam-table.ts'
import { iamTerraform } from '../generate/iam-terraform.ts'
import { terraformImports } from '../generate/terraform-imports.ts'
import { type CommandIo, contextOption, defineCommand, environmentOption } from '../lib/command.ts'
import { commandLine } from '../lib/command-line.ts'
import { document } from '../lib/printable.ts'
import { exitCodes, formatProblems, isError, type Problem, ProblemError, sortProblems } from '../lib/problems.ts'
import { type IamHolder, type IamPlan, iamPlan, pipelineIamPlan } from '../model/iam.ts'
import { type EnvironmentModel, resolveAll } from '../model/resolve.ts'
import { loadAccount, type OperatorAccount, organizationOf } from '../scaleway/account.ts'
import { readLiveIam } from '../scaleway/live-iam.ts'
import { applicationOf, verifyIam } from '../scaleway/verify-iam.ts'
import { lastExpiry } from '../scaleway/verify-keys.ts'
import type { EnvironmentOf } from '../scaleway/verify-rules.ts'
import { openEnvironment } from '../session/access.ts'
import { loadApplication, loadEnvironment } from '../session/application.ts'
import { readExisting } from '../session/existing-objects.ts'

interface Options {
  readonly environment: string
  readonly for: IamHolder
  readonly format: 'table' | 'terraform-imports' | Format
  readonly verify?: boolean
}

export const command = defineCommand<Options>({
  name: 'iam',
  summary: 'The IAM plan of an environment, or how its account differs from it.',
  example: commandLine`iam --environment recette --verify`,
  options: [
    environmentOption,
    {
      flags: '--for <whom>',
      description: 'tiers: the keys in the cluster; ci: a pipeline that checks, plans, deploys and waits',
      choices: ['tiers', 'ci'],
      default: 'tiers',
    },
    { ...contextOption, description: 'a context of your kubeconfig, for the commands of --format scw' },
    {
      flags: '--format <form>',
      description:
        'how the plan is printed; scw is a shell script that creates it, terraform-imports is what the account has of it',
      choices: ['table', 'json', 'scw', 'terraform', 'terraform-imports'],
      default: 'table',
    },
    { flags: '--verify', description: 'compare the account with the plan; exit 3 when it differs' },
  ],
  async run({ environment, for: holder, format, verify = false }, io) {
    if (verify) return verifyAccount({ environment, holder, format }, io)
    if (format === 'terraform-imports') return importExisting(environment, holder, io)
    const model = await loadEnvironment(io, environment)
    const plan = plans[holder](model)
    if (format === 'table') io.out((columns) => tables[holder](plan, columns))
    else io.out(document(formats[holder][format](plan, model)))
    if (model.example) io.log(`Environment "${environment}" is an example: its project ids are to be filled in.`)
    return exitCodes.ok
  },
})

// --- internal ---

const plans = { tiers: iamPlan, ci: pipelineIamPlan } satisfies Record<IamHolder, (model: EnvironmentModel) => IamPlan>

const tables = { tiers: iamTable, ci: pipelineIamTable } satisfies Record<IamHolder, typeof iamTable>

type Format = 'json' | 'scw' | 'terraform'

const formats = {
  tiers: { json: iamJson, scw: iamScwScript, terraform: iamTerraform },
  ci: { json: pipelineIamJson, scw: pipelineScwScript, terraform: pipelineTerraform },
} satisfies Record<IamHolder, Record<Format, (plan: IamPlan, model: EnvironmentModel) => string>>

async function importExisting(environment: string, holder: IamHolder, io: CommandIo) {
  const opened = await openEnvironment(environment, io)
  const plan = plans[holder](opened)
  // A pipeline has no remote secrets of its own.
  const model = holder === 'ci' ? { ...opened, tiers: [] } : opened
  const account = await loadAccount(io.env, io.signal, io.log)
  const existing = await readExisting(account, requireOrganization(plan, account), plan, model)
  io.out(document(terraformImports(plan, model, existing)))
  return exitCodes.ok
}

interface Verification extends Pick<Options, 'environment' | 'format'> {
  readonly holder: IamHolder
}

async function verifyAccount({ environment, holder, format }: Verification, io: CommandIo) {
  if (format !== 'table' && format !== 'json') throw verifiesNoScript(format)
  const plan = plans[holder](await openEnvironment(environment, io))
  const account = await loadAccount(io.env, io.signal, io.log)
  const live = await readLiveIam(account, requireOrganization(plan, account), plan)
  const problems = sortProblems(verifyIam(plan, live, { now: new Date(), environmentOf: await environments(io) }))
  const rows = plan.tiers.map((tier) => {
    const application = applicationOf(tier, live)
    const groups = application?.groups.map(({ name }) => name) ?? []
    return { tier: tier.tier, name: tier.name, keyExpires: application ? lastExpiry(application) : '-', groups }
  })
  if (format === 'json') io.out(iamVerifiedJson(plan, rows, problems))
  if (problems.some(isError)) throw new ProblemError(problems)
  if (problems.length > 0) io.tell(formatProblems(problems))
  if (format === 'table') io.out((columns) => iamVerifiedTable(plan, rows, columns))
  return exitCodes.ok
}

function requireOrganization(plan: IamPlan, account: OperatorAccount): string {
  const organizationId = organizationOf(account, plan)
  if (organizationId) return organizationId
  throw new ProblemError({
    code: 'ORGANIZATION_ID_MISSING',
    where: `environment "${plan.environment}"`,
    message: 'its Scaleway organization is not known. Expected an id, of the environment or of the account.',
    fix: 'Set organizationId in scripts/environments.ts, or SCW_DEFAULT_ORGANIZATION_ID.',
  })
}

/** Which environment a project of a foreign rule belongs to. */
async function environments(io: CommandIo): Promise<EnvironmentOf> {
  const owners = new Map(
    resolveAll(await loadApplication(io)).flatMap(({ environment, tiers }) =>
      tiers.map(({ projectId }) => [projectId, environment] as const),
    ),
  )
  return (projectId) => owners.get(projectId)
}

function verifiesNoScript(format: string): ProblemError {
  const problem: Problem = {
    code: 'WRONG_USAGE',
    where: `--format ${format}`,
    message: 'is a form of the plan, and --verify does not print the plan. Expected table or json.',
    fix: 'Leave out --format, or --verify.',
  }
  return new ProblemError(problem, exitCodes.usage)
}
