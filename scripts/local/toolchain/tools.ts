import { testTools } from './test-tools.ts'
import type { ToolSpec } from './tool-spec.ts'

/** Every tool, by name. Builds use the exact pinned version. */
export const tools = {
  helm: {
    recipe: 'helm',
    file: 'bin/helm',
    variable: 'HELM_BIN',
    variableNames: 'file',
    onPath: ['helm'],
    tested: '>=4.3.0 <5.0.0',
    // `--hide-notes` of a dry run is of 3.16.
    supported: '>=3.16.0 <5.0.0',
    // The chart renders the same with each: the tests compare Helm 3 and 4.
    takesSupported: true,
    probe: { args: ['version', '--template', '{{.Version}}'], pattern: /^v?(\d\S*)/ },
  },
  ct: {
    recipe: 'ct',
    file: 'bin/ct',
    variable: 'CT_BIN',
    variableNames: 'file',
    onPath: ['ct'],
    tested: '>=3.14.0 <4.0.0',
    supported: '>=3.0.0 <4.0.0',
    probe: { args: ['version'], pattern: /Version:\s*v?(\d\S*)/ },
  },
  kubeconform: {
    recipe: 'kubeconform',
    file: 'bin/kubeconform',
    variable: 'KUBECONFORM_BIN',
    variableNames: 'file',
    onPath: ['kubeconform'],
    tested: '>=0.7.0 <1.0.0',
    probe: { args: ['-v'], pattern: /v?(\d\S*)/ },
  },
  kustomize: {
    recipe: 'kustomize',
    file: 'bin/kustomize',
    variable: 'KUSTOMIZE_BIN',
    variableNames: 'file',
    onPath: ['kustomize'],
    tested: '>=5.0.0 <6.0.0',
    probe: { args: ['version'], pattern: /^v?(\d\S*)/ },
  },
  etcd: {
    recipe: 'etcd',
    file: 'bin/etcd',
    variable: 'KUBEBUILDER_ASSETS',
    variableNames: 'folder',
    onPath: ['etcd'],
    tested: '>=3.7.0 <3.8.0',
    // `/readyz` is of 3.5.11.
    supported: '>=3.5.11',
    probe: { args: ['--version'], pattern: /etcd Version:\s*(\d\S*)/ },
  },
  'kube-apiserver': {
    recipe: 'kube-apiserver',
    file: 'bin/kube-apiserver',
    variable: 'KUBEBUILDER_ASSETS',
    variableNames: 'folder',
    onPath: ['kube-apiserver'],
    tested: '>=1.37.0 <1.38.0',
    // As `kubeVersion` of the chart.
    supported: '>=1.30.0',
    probe: { args: ['--version'], pattern: /Kubernetes v(\d\S*)/ },
  },
  'kube-controller-manager': {
    recipe: 'kube-controller-manager',
    file: 'bin/kube-controller-manager',
    variable: 'KUBEBUILDER_ASSETS',
    variableNames: 'folder',
    onPath: ['kube-controller-manager'],
    tested: '>=1.37.0 <1.38.0',
    // As `kubeVersion` of the chart.
    supported: '>=1.30.0',
    probe: { args: ['--version'], pattern: /Kubernetes v(\d\S*)/ },
  },
  'external-secrets': {
    recipe: 'external-secrets',
    file: 'bin/external-secrets',
    variable: 'EXTERNAL_SECRETS_BIN',
    variableNames: 'file',
    onPath: [],
    // The newest of the flags it is started with; 0.19 has no flag for readiness.
    probe: { args: ['--help'], pattern: /--live-addr\b/, of: '0.20.1 or newer' },
  },
  'external-secrets-crds': {
    recipe: 'external-secrets-crds',
    file: 'crds.yaml',
    variable: 'EXTERNAL_SECRETS_CRDS',
    variableNames: 'file',
    onPath: [],
  },
  yamllint: {
    recipe: 'yaml-linters',
    file: 'bin/yamllint',
    variable: 'YAMLLINT_BIN',
    variableNames: 'file',
    onPath: ['yamllint'],
    tested: '>=1.35.0 <2.0.0',
    probe: { args: ['--version'], pattern: /yamllint (\d\S*)/ },
  },
  yamale: {
    recipe: 'yaml-linters',
    file: 'bin/yamale',
    variable: 'YAMALE_BIN',
    variableNames: 'file',
    onPath: ['yamale'],
    tested: '>=5.0.0 <7.0.0',
    probe: { args: ['--version'], pattern: /(\d+\.\d+\S*)/ },
  },
  ...testTools,
} as const satisfies Record<string, ToolSpec>

export type ToolName = keyof typeof tools

export const toolNames = Object.keys(tools) as ToolName[]

/** The tools that some command uses. */
export const commandTools = toolNames.filter((name) => !isForTests(tools[name]))

export interface Tool {
  readonly name: ToolName
  /** An executable file; for `external-secrets-crds` a YAML file, or a folder of them. */
  readonly path: string
  /** Without the leading `v`; `unknown` for a given file without a version. */
  readonly version: string
  /** Where it came from: an environment variable's name, `PATH`, `cache` or `built`. */
  readonly source: string
}

/** An environment variable may hold a folder without this tool: Kubernetes' own test archives have no controller manager. */
export const optionalInFolder: readonly ToolName[] = ['kube-controller-manager']

function isForTests({ forTests }: ToolSpec): boolean {
  return forTests === true
}

/** `HELM_BIN`, or `KUBEBUILDER_ASSETS (the folder that holds it)`: for the end of a message. */
export function variableHint(name: ToolName): string {
  const { variable, variableNames } = tools[name]
  return variableNames === 'folder' ? `${variable} (the folder that holds it)` : variable
}
