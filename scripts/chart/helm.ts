import { type RunOptions, run } from '../lib/exec.ts'
import { exitCodes } from '../lib/problems.ts'
import { shell } from '../lib/shell.ts'

/** Relative to the repository's root. */
export const chartPath = 'charts/tiered-secrets'

/** One release of the chart: what to install, where, with which values. */
export interface ReleaseOptions {
  /** Path of the helm program. */
  readonly helm: string
  /** The repository's root. */
  readonly root: string
  readonly release: { readonly name: string; readonly namespace: string }
  /** Relative to the root. */
  readonly valuesFile: string
  /** Values that go over the file's, as `--set-string` takes them. Never a secret: they end in the release. */
  readonly set?: Readonly<Record<string, string>>
  /** Added to the environment of helm; `KUBECONFIG` for a local cluster. */
  readonly env?: Readonly<Record<string, string>>
  readonly kubeContext?: string
  readonly signal?: AbortSignal
}

/**
 * `helm template`: the manifests as one YAML stream. Reads no cluster.
 *
 * @throws ProblemError `TOOL_FAILED` with what the schema or the chart's own checks say
 */
export function renderChart(options: ReleaseOptions): Promise<string> {
  return run(options.helm, ['template', ...releaseArguments(options)], runOptions(options))
}

/**
 * `helm upgrade --install`; returns the number of the revision it made.
 * Helm's own `--wait` is not used: it takes an ExternalSecret without a status for ready, and would wait for optional ones.
 *
 * @throws ProblemError `TOOL_FAILED` (exit code 4: the cluster is unreachable or refuses)
 */
export async function upgradeRelease(options: ReleaseOptions): Promise<number> {
  const { version } = JSON.parse(await upgrade(options, ['--output', 'json'])) as { readonly version: number }
  return version
}

/**
 * The same as a server-side dry run: the manifests, which the API server has checked. Nothing is changed.
 *
 * @throws as `upgradeRelease`
 */
export function dryRunRelease(options: ReleaseOptions): Promise<string> {
  // The notes tell of what is installed, and nothing is.
  return upgrade(options, ['--dry-run=server', '--hide-notes'])
}

/** `helm lint --strict` of the chart with one values file. */
export function lintChart(options: Pick<ReleaseOptions, 'helm' | 'root' | 'valuesFile' | 'signal'>): Promise<string> {
  const { helm, root, valuesFile } = options
  return run(helm, ['lint', '--strict', chartPath, '--values', valuesFile], { cwd: root, ...runOptions(options) })
}

// --- internal ---

function upgrade(options: ReleaseOptions, more: readonly string[]): Promise<string> {
  const { release, kubeContext } = options
  const { name, namespace } = release
  const context = kubeContext === undefined ? [] : ['--kube-context', kubeContext]
  const args = ['upgrade', '--install', ...releaseArguments(options), '--create-namespace', ...context, ...more]
  return run(options.helm, args, {
    ...runOptions(options),
    exitCode: exitCodes.unreachable,
    fix: `Read the lines above. \`${shell`helm history --namespace ${namespace} ${name}`}\` shows what is installed; nothing has to be undone by hand.`,
  })
}

/** Variables with which Helm would go to another cluster, as another user, than the kubeconfig and the arguments say. */
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

function releaseArguments({ release, valuesFile, set = {} }: ReleaseOptions): string[] {
  const overrides = Object.entries(set).flatMap(([name, value]) => ['--set-string', `${name}=${value}`])
  return [release.name, chartPath, '--namespace', release.namespace, '--values', valuesFile, ...overrides]
}

function runOptions({ root, env, signal }: Partial<ReleaseOptions>): RunOptions {
  return {
    ...(root === undefined ? {} : { cwd: root }),
    env: { ...noOverrides, ...env },
    ...(signal === undefined ? {} : { signal }),
    fix: 'Correct scripts/catalogue.ts or scripts/environments.ts and run `npm run gen-values`.',
  }
}
