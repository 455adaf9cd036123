import { type OperatorProxy, operatorProxy } from '../generate/operator-proxy.ts'
import { operatorDefinitionsText, operatorValuesText, tierOperatorValuesText } from '../generate/operator-values.ts'
import { type CommandIo, defineCommand, wrongUsage } from '../lib/command.ts'
import { commandLine, pipedCommandLine } from '../lib/command-line.ts'
import { document } from '../lib/printable.ts'
import { exitCodes, isError, ProblemError } from '../lib/problems.ts'
import { findTier } from '../model/find-tier.ts'
import { installedOperator } from '../model/operator-version.ts'
import { type EnvironmentModel, resolveAll } from '../model/resolve.ts'
import { checkApplication } from '../model/rules/index.ts'
import { loadApplication, loadEnvironment } from '../session/application.ts'

interface Options {
  readonly tier?: string
  readonly crds?: boolean
  readonly environment?: string
  readonly proxy: boolean
}

export const command = defineCommand<Options>({
  name: 'operator-values',
  summary: "Prints the Helm values of the operator's own chart, each line with its reason.",
  example: `${pipedCommandLine`operator-values`} > operator-values.yaml`,
  options: [
    { flags: '--tier <name>', description: 'an operator of this tier alone, with rights in its namespace only' },
    { flags: '--crds', description: 'the definitions alone, for a cluster where each tier has its operator' },
    { flags: '-e, --environment <name>', description: 'with --tier: where its namespace differs between environments' },
    { flags: '--no-proxy', description: 'without the proxy that HTTPS_PROXY names for Scaleway' },
  ],
  async run(options, io) {
    const { tier, crds = false, environment } = options
    const wrong = (option: string, message: string) => wrongUsage('operator-values', option, message)
    if (crds && tier !== undefined) throw wrong('--crds', 'is for the whole cluster. Expected it without --tier.')
    if (environment !== undefined && tier === undefined) {
      throw wrong(`--environment ${environment}`, 'is only for the operator of a tier. Expected --tier too.')
    }
    const proxy = options.proxy && !crds ? proxyOf(io) : undefined
    const models = environment === undefined ? await allEnvironments(io) : [await loadEnvironment(io, environment)]
    const text = crds
      ? operatorDefinitionsText(installedOperator)
      : tier === undefined
        ? operatorValuesText(withSharedOperator(models), installedOperator, proxy)
        : tierValues(models, tier, proxy)
    io.out(document(text))
    return exitCodes.ok
  },
})

// --- internal ---

function proxyOf({ env, log }: CommandIo): OperatorProxy | undefined {
  const found = operatorProxy(env)
  if (found === 'this-machine') {
    log('HTTPS_PROXY names a proxy on this machine, which no pod reaches: it is left out of the values')
    return undefined
  }
  if (found) log(`the operator reaches Scaleway through ${found.address}, of HTTPS_PROXY; --no-proxy leaves it out`)
  return found
}

async function allEnvironments(io: CommandIo): Promise<EnvironmentModel[]> {
  const application = await loadApplication(io)
  const problems = checkApplication(application).filter(isError)
  if (problems.length > 0) throw new ProblemError(problems)
  return resolveAll(application)
}

function withSharedOperator(models: readonly EnvironmentModel[]): EnvironmentModel[] {
  const shared = models.filter(({ operator }) => !operator.isPerTier)
  if (shared.length > 0) return shared
  throw new ProblemError({
    code: 'OPERATOR_PER_TIER',
    where: 'scripts/environments.ts',
    message: 'in every environment each tier has its own operator. Expected one with an operator for all tiers.',
    fix: 'Use --tier <name> for the operator of a tier, and --crds for the definitions.',
  })
}

function tierValues(models: readonly EnvironmentModel[], name: string, proxy: OperatorProxy | undefined): string {
  const tiers = models.map((model) => ({ model, tier: findTier(model, name) }))
  const served = tiers.filter(({ model }) => model.operator.isPerTier)
  const [first] = served
  if (!first) {
    throw new ProblemError({
      code: 'OPERATOR_SHARED',
      where: 'scripts/environments.ts',
      message: `none of the environments (${models.map(({ environment }) => environment).join(', ')}) has an operator for each tier. Expected operator: 'per-tier', so that admission knows the operators' accounts.`,
      fix: `Set operator: 'per-tier' in the environment, run \`${commandLine`gen-values`}\`, then this again.`,
    })
  }
  const namespaces = [...new Set(served.map(({ tier }) => tier.namespace))]
  if (namespaces.length > 1) {
    const message = `has the namespaces ${namespaces.join(' and ')}, by environment. Expected --environment too.`
    throw wrongUsage('operator-values', `--tier ${name}`, message)
  }
  return tierOperatorValuesText(
    served.map(({ model }) => model),
    first.tier,
    installedOperator,
    proxy,
  )
}
