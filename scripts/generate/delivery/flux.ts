import { repositoryUrl } from '../../model/delivery/delivery.ts'
import { chartFolder } from '../chart-copy.ts'
import { type DeliveredFile, type DeliveredModel, inRepository } from './delivered.ts'

type FluxModel = DeliveredModel<'flux'>

/**
 * What Flux reads, a folder of each environment: its repository, its release, and the gate, a Kustomization that applies all
 * three, itself included, and is ready when every required secret is there.
 */
export function fluxFiles(models: readonly FluxModel[]): DeliveredFile[] {
  return models.flatMap((model) =>
    Object.entries({ source, release, gate }).map(([name, object]) => ({
      path: `${model.environment}/${name}.yaml`,
      documents: [object(model)],
    })),
  )
}

/**
 * When an ExternalSecret has arrived, in CEL. The operator writes no observedGeneration, but the generation that it synced
 * last; it calls one ready that found no key at all, and one without any Secret. Optional ones (`Merge`) never block.
 */
export const externalSecretIsCurrent = [
  "spec.target.deletionPolicy == 'Merge'",
  `(${[
    'has(status.syncedResourceVersion)',
    "status.syncedResourceVersion.startsWith(string(metadata.generation) + '-')",
    `status.conditions.exists(c, ${[
      "c.type == 'Ready'",
      "c.status == 'True'",
      "c.reason == 'SecretSynced'",
      "!c.message.startsWith('secret retained')",
    ].join(' && ')})`,
  ].join(' && ')})`,
].join(' || ')

// --- internal ---

/**
 * By itself Flux calls an object ready that has no status yet. None of these says `failed`, which would end the wait: the
 * operator's first try often comes too early. What a store says of itself counts for nothing, as it is ready with a wrong key.
 */
const ofExternalSecrets = {
  apiVersion: 'external-secrets.io/v1',
  kind: 'ExternalSecret',
  current: externalSecretIsCurrent,
}
const ofSecretStores = { apiVersion: 'external-secrets.io/v1', kind: 'SecretStore', current: 'true' }

/** Flux's other way, to uninstall between two tries, would delete the targets. */
const strategy = { name: 'RetryOnFailure', retryInterval: '5m' }

function source(model: FluxModel) {
  const { repository, revision, credentials } = model.delivery
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: metadata(model),
    spec: {
      interval: '1m',
      url: repositoryUrl(repository),
      ref: reference(revision),
      ...(credentials === undefined ? {} : { secretRef: { name: credentials } }),
    },
  }
}

/** All names by convention, so that Helm and our commands find the release as if they had installed it. */
function release(model: FluxModel) {
  const { delivery, environment, release, digest } = model
  return {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    // Another Kustomization that applies this folder too would uninstall it with all targets when the file is gone.
    metadata: { ...metadata(model), annotations: { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' } },
    spec: {
      interval: '10m',
      timeout: '5m',
      releaseName: release.name,
      targetNamespace: release.namespace,
      storageNamespace: release.namespace,
      chart: {
        spec: {
          chart: `./${inRepository(delivery, chartFolder)}`,
          // Flux ignores it for Git. It changes with what is released, so that the HelmRelease does too: whoever waits for
          // it would otherwise find it ready for a moment, before Flux has noticed the new chart.
          version: `0.0.0+${digest.slice(0, 12)}`,
          reconcileStrategy: 'Revision',
          sourceRef: { kind: 'GitRepository', name: release.name },
          // With a list of files the chart's own values.yaml counts only when it is in it.
          valuesFiles: [`${chartFolder}/values.yaml`, `values/${environment}.yaml`].map(
            (file) => `./${inRepository(delivery, file)}`,
          ),
        },
      },
      install: { createNamespace: true, strategy },
      upgrade: { strategy },
      driftDetection: { mode: 'enabled' },
      // The only one that heeds expressions.
      waitStrategy: { name: 'poller' },
      healthCheckExprs: [ofExternalSecrets, ofSecretStores],
    },
  }
}

/** Nothing is deleted when a file is gone or the Kustomization itself: that would uninstall the release. */
function gate(model: FluxModel) {
  const { delivery, environment, release } = model
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: metadata(model),
    spec: {
      interval: '10m',
      retryInterval: '1m',
      timeout: '10m',
      sourceRef: { kind: 'GitRepository', name: release.name },
      path: `./${inRepository(delivery, `gitops/flux/${environment}`)}`,
      prune: false,
      healthChecks: [
        { apiVersion: 'helm.toolkit.fluxcd.io/v2', kind: 'HelmRelease', ...metadata(model) },
        ...requiredObjects(model),
      ],
      healthCheckExprs: [ofExternalSecrets],
    },
  }
}

/** The targets too: an ExternalSecret stays ready when somebody deletes the Secret of it. */
function requiredObjects({ tiers }: FluxModel) {
  return tiers.flatMap(({ namespace, externalSecrets }) =>
    externalSecrets
      .filter(({ optional }) => !optional)
      .flatMap(({ name }) => [
        { apiVersion: 'external-secrets.io/v1', kind: 'ExternalSecret', name, namespace },
        { apiVersion: 'v1', kind: 'Secret', name, namespace },
      ]),
  )
}

function metadata({ release, delivery }: FluxModel) {
  return { name: release.name, namespace: delivery.namespace }
}

function reference(revision: string) {
  if (/^[0-9a-f]{40}$/.test(revision)) return { commit: revision }
  return revision.startsWith('refs/') ? { name: revision } : { branch: revision }
}
