import { copyRepository, writeGenerated } from '../../scripts/bench/workspace.ts'
import { upgradeRelease } from '../../scripts/chart/helm.ts'
import { waitForSync } from '../../scripts/cluster/wait-for-sync.ts'
import { createClient, type KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { oneFolder } from '../../scripts/lib/folders.ts'
import { type Emulator, type EmulatorOptions, startEmulator } from '../../scripts/local/emulator/emulator.ts'
import { Cleanup } from '../../scripts/local/stack/cleanup.ts'
import type { ControlPlane, ControlPlaneOptions } from '../../scripts/local/stack/control-plane.ts'
import type { RunningProcess } from '../../scripts/local/stack/process.ts'
import { seedAccount } from '../../scripts/local/stack/seed-account.ts'
import { externalSecretRefs } from '../../scripts/local/stack/stack.ts'
import { writeTierCredentials } from '../../scripts/local/stack/tier-credentials.ts'
import { resolve } from '../../scripts/model/resolve.ts'
import { projects } from '../helpers/applications.ts'
import { borrowControlPlane } from '../helpers/borrowed-plane.ts'
import { root } from '../helpers/generating.ts'
import { startTestControlPlane, startTestOperator } from '../helpers/local-stack.ts'
import { tools } from '../helpers/tools.ts'
import { type MigrationTrack, startTrack, trackApplication } from './migration-track.ts'

/** One stack, and applications on it whose migrations do not meet. */
export interface MigrationTracks extends AsyncDisposable {
  readonly emulator: Emulator
  readonly controlPlane: ControlPlane
  readonly operator: RunningProcess
  readonly client: KubernetesClient
  readonly tracks: readonly MigrationTrack[]
  /** Installs or upgrades the chart of a track with Helm. */
  deploy(track: MigrationTrack): Promise<void>
}

/** @param count at most four */
export async function startTracks(
  count: number,
  folder: string,
  { controlPlane: parts, ...options }: EmulatorOptions & { readonly controlPlane?: Partial<ControlPlaneOptions> } = {},
): Promise<MigrationTracks> {
  const cleanup = new Cleanup()
  try {
    const emulator = cleanup.use(await startEmulator({ limits: { secrets: 100_000 }, ...options }))
    const controlPlane = cleanup.use(await (parts ? startTestControlPlane(parts) : borrowControlPlane()))
    const client = createClient({ ...controlPlane, skipVerify: false })
    cleanup.defer(async () => client[Symbol.dispose]())
    const operator = cleanup.use(await startTestOperator(controlPlane))
    const workspace = cleanup.use(await copyRepository(oneFolder(root)))
    const { helm } = await tools('helm')
    const { secretKey, organizationId } = emulator.owner
    const account = { apiUrl: emulator.url, secretKey }
    const deploy = async ({ application, model }: Pick<MigrationTrack, 'application' | 'model'>) => {
      await writeGenerated(workspace, application)
      await upgradeRelease({
        helm: helm.path,
        ...oneFolder(workspace.folder),
        valuesFile: 'values/dev.yaml',
        release: model.release,
        set: { 'scaleway.apiUrl': emulator.url },
        asksOpenApi: false,
        env: { KUBECONFIG: controlPlane.kubeconfigPath },
      })
    }
    const tracks: MigrationTrack[] = []
    // They share one folder for the chart.
    let deploying: Promise<void> = Promise.resolve()
    for (const [index, projectId] of Object.values(projects).slice(0, count).entries()) {
      const application = trackApplication(`shop-${index + 1}`, projectId)
      const model = resolve(application, 'dev')
      await writeTierCredentials(client, model, await seedAccount({ account, organizationId, model }))
      await deploy({ application, model })
      const organization = { SCW_SECRET_KEY: secretKey, SCW_DEFAULT_ORGANIZATION_ID: organizationId }
      tracks.push(cleanup.use(await startTrack({ emulator, controlPlane, client }, application, folder, organization)))
    }
    const refs = tracks.flatMap(({ model }) => externalSecretRefs(model))
    await waitForSync(client, refs, { timeoutMs: 60_000 })
    return {
      emulator,
      controlPlane,
      operator,
      client,
      tracks,
      deploy: (track) => {
        const done = deploying.then(() => deploy(track))
        deploying = done.catch(() => undefined)
        return done
      },
      [Symbol.asyncDispose]: () => cleanup[Symbol.asyncDispose](),
    }
  } catch (error) {
    await cleanup[Symbol.asyncDispose]()
    throw error
  }
}
