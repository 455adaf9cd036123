import { createClient } from '../../scripts/kubernetes/client.ts'
import { applyCrds } from '../../scripts/kubernetes/crds.ts'
import {
  type ControlPlane,
  type ControlPlaneOptions,
  startControlPlane,
} from '../../scripts/local/stack/control-plane.ts'

/** Paths of the tools of a local stack. */
export interface LocalTools {
  readonly binaries: ControlPlaneOptions['binaries']
  readonly operator: string
  readonly crds: string
}

/** A control plane with the operator's definitions. */
export async function startWithCrds(
  { binaries, crds }: LocalTools,
  options: Partial<ControlPlaneOptions> = {},
): Promise<ControlPlane> {
  return startControlPlane({
    binaries,
    prepare: async (access) => {
      using client = createClient(access)
      await applyCrds(client, crds)
    },
    ...options,
  })
}
