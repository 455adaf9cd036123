import { argoCdApplication } from '../../../model/delivery/deploy-step.ts'
import { chartFolder } from '../../chart-copy.ts'
import { inRepository } from '../delivered.ts'
import { type ArgoCdModel, argoCdDestination, argoCdVersion, projectName } from './names.ts'

/** The Application of an environment. It has no finalizer, so that deleting it leaves the Secrets of running programs. */
export function application(model: ArgoCdModel): object {
  const { delivery, release, environment } = model
  return {
    apiVersion: argoCdVersion,
    kind: 'Application',
    metadata: { name: argoCdApplication(model), namespace: delivery.namespace, annotations: comparison },
    spec: applicationSpec({
      project: projectName(model),
      repository: delivery.repository,
      revision: delivery.revision,
      path: inRepository(delivery, chartFolder),
      release: release.name,
      environment,
      destination: { ...argoCdDestination(delivery), namespace: release.namespace },
      automated: delivery.sync === 'automatic',
    }),
  }
}

/**
 * One ApplicationSet of several environments. An Application stays, with all that it made, when its environment is gone from
 * the list: the sets of others delete both.
 */
export function applicationSet(models: readonly ArgoCdModel[]): object {
  const [first] = models
  const automatic = models.filter(({ delivery }) => delivery.sync === 'automatic').length
  const isMixed = automatic > 0 && automatic < models.length
  return {
    apiVersion: argoCdVersion,
    kind: 'ApplicationSet',
    metadata: { name: projectName(first), namespace: first?.delivery.namespace },
    spec: {
      goTemplate: true,
      goTemplateOptions: ['missingkey=error'],
      syncPolicy: { applicationsSync: 'create-update', preserveResourcesOnDeletion: true },
      generators: [{ list: { elements: models.map(element) } }],
      template: {
        metadata: { name: '{{ .application }}', annotations: comparison },
        spec: applicationSpec({
          project: projectName(first),
          repository: '{{ .repository }}',
          revision: '{{ .revision }}',
          path: '{{ .path }}',
          release: '{{ .release }}',
          environment: '{{ .environment }}',
          destination: { server: '{{ .server }}', name: '{{ .cluster }}', namespace: '{{ .release }}' },
          automated: automatic === models.length,
        }),
      },
      ...(isMixed ? { templatePatch: automatedPatch } : {}),
    },
  }
}

// --- internal ---

/** What the API server fills in does not count as a difference. Source: Argo CD, user guide, "Diff Strategies". */
const comparison = { 'argocd.argoproj.io/compare-options': 'ServerSideDiff=true' }

const automated = { prune: true, selfHeal: true }

/** Of a set some of whose environments wait for a request. Never empty, which Argo CD could not merge. */
const automatedPatch = `spec:
  syncPolicy:
    automated: {{ if eq .sync "automatic" }}{ prune: true, selfHeal: true }{{ else }}null{{ end }}
`

interface ApplicationParts {
  readonly project: string
  readonly repository: string
  readonly revision: string
  /** Of the chart, in the repository. */
  readonly path: string
  readonly release: string
  readonly environment: string
  readonly destination: object
  readonly automated: boolean
}

function applicationSpec(parts: ApplicationParts) {
  return {
    project: parts.project,
    source: {
      repoURL: parts.repository,
      targetRevision: parts.revision,
      path: parts.path,
      helm: { releaseName: parts.release, valueFiles: [`../../values/${parts.environment}.yaml`] },
    },
    destination: parts.destination,
    syncPolicy: {
      ...(parts.automated ? { automated } : {}),
      // The release has a namespace of its own, which no template makes. Another Application's objects are left alone.
      syncOptions: ['ServerSideApply=true', 'CreateNamespace=true', 'PruneLast=true', 'FailOnSharedResource=true'],
      // A first try often comes before the API key of a tier, which is given by hand: without a limit, and with what was
      // pushed since. Source: Argo CD, user guide, "Automated Sync Policy".
      retry: { limit: -1, refresh: true, backoff: { duration: '10s', factor: 2, maxDuration: '3m' } },
    },
  }
}

/** What differs between the environments of a set. The namespace of a release is called as the release. */
function element(model: ArgoCdModel) {
  const { delivery, environment, release } = model
  const { server = '', name: cluster = '' } = argoCdDestination(delivery) as { server?: string; name?: string }
  return {
    application: argoCdApplication(model),
    environment,
    repository: delivery.repository,
    revision: delivery.revision,
    path: inRepository(delivery, chartFolder),
    release: release.name,
    server,
    cluster,
    sync: delivery.sync,
  }
}
