import { groupBy } from '../../../lib/group.ts'
import type { DeliveredFile } from '../delivered.ts'
import { application, applicationSet } from './application.ts'
import { externalSecretHealth, secretStoreHealth } from './health.ts'
import type { ArgoCdModel } from './names.ts'
import { appProject } from './project.ts'

/**
 * What Argo CD reads. For its administrator: the project, and the health checks; for whoever delivers: an Application of each
 * environment, or a set of them.
 */
export function argoCdFiles(models: readonly ArgoCdModel[]): DeliveredFile[] {
  const single = models.filter(({ delivery }) => !delivery.applicationSet)
  const sets = byNamespace(models.filter(({ delivery }) => delivery.applicationSet)).map(applicationSet)
  return [
    { path: 'project.yaml', documents: byNamespace(models).map(appProject) },
    { path: 'argocd-cm.yaml', documents: [healthChecks] },
    ...single.map((model) => ({ path: `applications/${model.environment}.yaml`, documents: [application(model)] })),
    ...(sets.length > 0 ? [{ path: 'applicationset.yaml', documents: sets }] : []),
  ]
}

// --- internal ---

/** The environments of each Argo CD, as far as its namespace tells. */
function byNamespace(models: readonly ArgoCdModel[]): ArgoCdModel[][] {
  return [...groupBy(models, ({ delivery }) => delivery.namespace).values()].map((group) => [...group])
}

/** Merged into the settings of Argo CD, which have more fields. Source: Argo CD, operator manual, "Resource Health". */
const healthChecks = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'argocd-cm' },
  data: {
    'resource.customizations.health.external-secrets.io_ExternalSecret': externalSecretHealth,
    'resource.customizations.health.external-secrets.io_SecretStore': secretStoreHealth,
  },
}
