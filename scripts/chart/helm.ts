import { commandLine, helm } from '../lib/command-line.ts'
import { type RunOptions, run } from '../lib/exec.ts'
import type { Folders } from '../lib/folders.ts'
import { exitCodes, ProblemError } from '../lib/problems.ts'
import { missingRightFix } from '../model/rbac.ts'

/** The chart in the user's folder, in which Helm is run: its schema accepts the secrets of the user's catalogue and nothing else. */
export const chartPath = 'charts/tiered-secrets'

/** One release of the chart: what to install, where, with which values. */
export interface ReleaseOptions extends Pick<Folders, 'userFolder'> {
  /** Path of the helm program. */
  readonly helm: string
  readonly release: { readonly name: string; readonly namespace: string }
  /** Relative to the user's folder. */
  readonly valuesFile: string
  /** Values that go over the file's, as `--set-string` takes them. Never a secret: they end in the release. */
  readonly set?: Readonly<Record<string, string>>
  /** Added to the environment of helm; `KUBECONFIG` for a local cluster. */
  readonly env?: Readonly<Record<string, string>>
  readonly kubeContext?: string
  /** Whether its namespace is there: then no right to create namespaces is needed. Default: false */
  readonly hasNamespace?: boolean
  /** Labels of the release's record, for an upgrade. */
  readonly labels?: Readonly<Record<string, string>>
  /**
   * Whether an upgrade asks for the OpenAPI documents of the API server: half of the work of Helm. It checks fields by them only
   * for a server that doesn't check them itself, as each since 1.27 does, and keys that are there twice. Default: true
   */
  readonly asksOpenApi?: boolean
  readonly signal?: AbortSignal
}

/**
 * `helm template`: the manifests as one YAML stream. Does not read a cluster.
 *
 * @throws ProblemError `TOOL_FAILED` with the messages of the schema or the chart's own checks
 */
export function renderChart(options: ReleaseOptions): Promise<string> {
  return run(options.helm, ['template', ...releaseArguments(options), ...anyCluster], runOptions(options))
}

/**
 * `helm upgrade --install`; returns the number of the revision it made.
 * Helm's own `--wait` is not used: it treats an ExternalSecret without a status as ready, and would wait for optional ones.
 *
 * @throws ProblemError `TOOL_FAILED` (exit code 4: the cluster is unreachable or refuses)
 */
export async function upgradeRelease(options: ReleaseOptions): Promise<number> {
  const labels = Object.entries(options.labels ?? {}).map(([name, value]) => `${name}=${value}`)
  const marks = labels.length > 0 ? ['--labels', labels.join(',')] : []
  const { version } = JSON.parse(await upgrade(options, [...marks, '--output', 'json'])) as { readonly version: number }
  return version
}

/**
 * The same as a server-side dry run: the manifests, which the API server has checked. Nothing is changed.
 *
 * @throws as `upgradeRelease`
 */
export function dryRunRelease(options: ReleaseOptions): Promise<string> {
  // The notes describe what is installed, and nothing is.
  return upgrade(options, ['--dry-run=server', '--hide-notes'])
}

/** `helm lint --strict` of the chart with one values file. */
export function lintChart(
  options: Pick<ReleaseOptions, 'helm' | 'userFolder' | 'valuesFile' | 'signal'>,
): Promise<string> {
  const { helm, valuesFile } = options
  return run(helm, ['lint', '--strict', chartPath, '--values', valuesFile, ...anyCluster], runOptions(options))
}

// --- internal ---

async function upgrade(options: ReleaseOptions, more: readonly string[]): Promise<string> {
  const { release, kubeContext, hasNamespace = false, asksOpenApi = true } = options
  const { name, namespace } = release
  const context = kubeContext === undefined ? [] : ['--kube-context', kubeContext]
  const create = hasNamespace ? [] : ['--create-namespace']
  const unchecked = asksOpenApi ? [] : ['--disable-openapi-validation']
  try {
    return await run(
      options.helm,
      ['upgrade', '--install', ...releaseArguments(options), ...create, ...unchecked, ...context, ...more],
      {
        ...runOptions(options),
        exitCode: exitCodes.unreachable,
        fix: `Read the lines above. \`${helm`history --namespace ${namespace} ${name}`}\` shows what is installed; nothing has to be undone by hand.`,
      },
    )
  } catch (error) {
    throw error instanceof ProblemError ? withRightFix(error) : error
  }
}

/** Helm passes on what the API server says. Source: Kubernetes, NewForbidden, and its check of who gives rights away. */
function withRightFix(error: ProblemError): ProblemError {
  const isRightMissing = /is forbidden: User ".*" cannot |attempting to grant RBAC permissions not currently held/
  const problems = error.problems.map((problem) =>
    isRightMissing.test(problem.lastLines?.join(' ') ?? '') ? { ...problem, fix: missingRightFix() } : problem,
  )
  return new ProblemError(problems, error.exitCode)
}

/** Variables that would make Helm use another cluster or user than the kubeconfig and the arguments say. */
const noOverrides = Object.fromEntries(
  [
    'HELM_KUBEAPISERVER',
    'HELM_KUBEASGROUPS',
    'HELM_KUBEASUSER',
    'HELM_KUBECAFILE',
    'HELM_KUBECONTEXT',
    'HELM_KUBEINSECURE_SKIP_TLS_VERIFY',
    'HELM_KUBETLS_SERVER_NAME',
    'HELM_KUBETOKEN',
    'HELM_NAMESPACE',
  ].map((name) => [name, undefined]),
)

/**
 * A version of Kubernetes that the chart accepts; it renders the same for each. Without a cluster Helm goes by its own, which is
 * 1.20 for a Helm 3 that was built without naming one.
 */
const anyCluster = ['--kube-version', '1.30.0']

function releaseArguments({ release, valuesFile, set = {} }: ReleaseOptions): string[] {
  const overrides = Object.entries(set).flatMap(([name, value]) => ['--set-string', `${name}=${value}`])
  return [release.name, chartPath, '--namespace', release.namespace, '--values', valuesFile, ...overrides]
}

function runOptions({ userFolder, env, signal }: Pick<ReleaseOptions, 'userFolder' | 'env' | 'signal'>): RunOptions {
  return {
    cwd: userFolder,
    env: { ...noOverrides, ...env },
    ...(signal === undefined ? {} : { signal }),
    fix: `Run \`${commandLine`gen-values`}\`, which takes back what was edited by hand. If Helm says the same then, correct scripts/catalogue.ts or scripts/environments.ts and run it again.`,
  }
}
