import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Workspace } from '../../scripts/bench/workspace.ts'
import { upgradeRelease } from '../../scripts/chart/helm.ts'
import type { Manifest } from '../../scripts/chart/manifests.ts'
import type { KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { type Kind, type KubernetesObject, kinds } from '../../scripts/kubernetes/kinds.ts'
import { oneFolder } from '../../scripts/lib/folders.ts'
import type { Emulator } from '../../scripts/local/emulator/emulator.ts'
import { kubeconfigText, writePrivate } from '../../scripts/local/stack/access-files.ts'
import type { ControlPlane } from '../../scripts/local/stack/control-plane.ts'
import { freePort } from '../../scripts/local/stack/free-port.ts'
import { answersOk } from '../../scripts/local/stack/health-probe.ts'
import { type RunningProcess, startProcess } from '../../scripts/local/stack/process.ts'
import { seedAccount } from '../../scripts/local/stack/seed-account.ts'
import { writeTierCredentials } from '../../scripts/local/stack/tier-credentials.ts'
import type { EnvironmentModel } from '../../scripts/model/resolve.ts'
import { find, helm4 } from '../helpers/chart.ts'
import { localTools } from '../helpers/local-stack.ts'
import { operatorChart, operatorManifests } from '../helpers/operator-chart.ts'
import { tokenOf } from '../helpers/service-account.ts'

export interface InstalledOperator {
  readonly manifests: Manifest[]
  readonly operator: RunningProcess
}

/**
 * Installs the operator as its values say: the rendered arguments, and a token of its ServiceAccount, which has the rendered
 * rights and nothing more.
 */
export async function installOperator(options: {
  readonly admin: KubernetesClient
  readonly controlPlane: ControlPlane
  readonly namespace: string
  /** Helm values, as YAML. */
  readonly values: string
  /** Path of the program. Default: the one of the local stack */
  readonly binary?: string
}): Promise<InstalledOperator> {
  const { admin, controlPlane, namespace, values, binary = (await localTools()).operator } = options
  const { folder, server, ca, guard } = controlPlane
  const valuesFile = join(folder, `${namespace}-values.yaml`)
  await writeFile(valuesFile, values)
  const manifests = await operatorManifests(await operatorChart(), valuesFile, namespace)
  await admin.create(kinds.namespace, { metadata: { name: namespace, labels: restricted } })
  for (const manifest of manifests) {
    const kind = installed[manifest.kind]
    if (kind) await admin.create(kind, manifest as KubernetesObject)
  }
  const kubeconfig = join(folder, `${namespace}-kubeconfig`)
  const token = await tokenOf(admin, namespace, 'external-secrets')
  await writePrivate(kubeconfig, kubeconfigText({ context: 'operator', server, ca, token }))
  const livePort = await freePort()
  const operator = await startProcess({
    name: 'external-secrets',
    file: binary,
    args: [...argumentsOf(manifests), '--metrics-addr=0', `--live-addr=127.0.0.1:${livePort}`],
    env: { PATH: '/usr/bin:/bin', HOME: folder, KUBECONFIG: kubeconfig },
    cwd: folder,
    logFile: join(folder, `${namespace}.log`),
    ready: () => answersOk({ url: `http://127.0.0.1:${livePort}/healthz` }),
    onSpawn: guard.watch,
  })
  return { manifests, operator }
}

/**
 * Installs the chart of an environment `dev`, with keys of an emulated account for its tiers.
 *
 * @returns the keys, by tier
 */
export async function installWithKeys(options: {
  readonly admin: KubernetesClient
  readonly controlPlane: ControlPlane
  readonly emulator: Emulator
  readonly workspace: Workspace
  readonly model: EnvironmentModel
}) {
  const { admin, controlPlane, emulator, workspace, model } = options
  const account = { apiUrl: emulator.url, secretKey: emulator.owner.secretKey }
  const keys = await seedAccount({ account, organizationId: emulator.owner.organizationId, model })
  await writeTierCredentials(admin, model, keys)
  await upgradeRelease({
    helm: helm4,
    ...oneFolder(workspace.folder),
    valuesFile: 'values/dev.yaml',
    release: model.release,
    set: { 'scaleway.apiUrl': emulator.url },
    asksOpenApi: false,
    env: { KUBECONFIG: controlPlane.kubeconfigPath },
  })
  return keys
}

// --- internal ---

const restricted = { 'pod-security.kubernetes.io/enforce': 'restricted' }
const rbac = 'rbac.authorization.k8s.io/v1'
const installed: Readonly<Record<string, Kind>> = {
  ServiceAccount: kinds.serviceAccount,
  NetworkPolicy: {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    plural: 'networkpolicies',
    namespaced: true,
  },
  Role: kinds.role,
  RoleBinding: kinds.roleBinding,
  ClusterRole: { apiVersion: rbac, kind: 'ClusterRole', plural: 'clusterroles', namespaced: false },
  ClusterRoleBinding: {
    apiVersion: rbac,
    kind: 'ClusterRoleBinding',
    plural: 'clusterrolebindings',
    namespaced: false,
  },
}

/** Those of the Deployment, without the addresses and without the election, which needs a pod's namespace. */
function argumentsOf(manifests: readonly Manifest[]): string[] {
  const { template } = find(manifests, 'Deployment', 'external-secrets').spec as {
    template: { spec: { containers: { args: string[] }[] } }
  }
  const args = template.spec.containers[0]?.args ?? []
  return args.filter((arg) => !/^--(metrics-addr|live-addr|enable-leader-election)=/.test(arg))
}
