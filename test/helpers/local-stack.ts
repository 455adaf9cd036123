import type { ControlPlane, ControlPlaneOptions } from '../../scripts/local/stack/control-plane.ts'
import type { RunningProcess } from '../../scripts/local/stack/process.ts'
import type { OperatorTool } from '../../scripts/local/stack/stack.ts'
import { startOperator } from '../../scripts/local/stack/start-operator.ts'
import { type LocalTools, startWithCrds } from './start-with-crds.ts'
import { tools } from './tools.ts'

/** The pinned tools; one that is missing is built, or fails the test. */
export async function localTools(): Promise<LocalTools> {
  const found = await tools(
    'etcd',
    'kube-apiserver',
    'kube-controller-manager',
    'external-secrets',
    'external-secrets-crds',
  )
  return {
    binaries: {
      etcd: found.etcd.path,
      apiServer: found['kube-apiserver'].path,
      controllerManager: found['kube-controller-manager'].path,
    },
    operator: found['external-secrets'].path,
    crds: found['external-secrets-crds'].path,
  }
}

/** A control plane with the operator's definitions. */
export async function startTestControlPlane(options: Partial<ControlPlaneOptions> = {}): Promise<ControlPlane> {
  return startWithCrds(await localTools(), options)
}

/** @param which default: `external-secrets` */
export async function startTestOperator(
  controlPlane: ControlPlane,
  which: OperatorTool = 'external-secrets',
): Promise<RunningProcess> {
  const { [which]: operator } = await tools(which)
  return startOperator({ binary: operator.path, controlPlane })
}
