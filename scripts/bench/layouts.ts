import type { Application, SecretSpec } from '../model/types.ts'

/** The same application with one remote secret per variable. */
export function everySecretSingle(application: Application): Application {
  return withSecrets(application, (secret) => ({ ...secret, layout: 'single' }))
}

/** The same application with one bundle per tier and need: the layout with the fewest requests. */
export function oneBundlePerTarget(application: Application): Application {
  return withSecrets(application, ({ property: _, ...secret }) => ({
    ...secret,
    layout: 'bundle',
    identity: `${secret.tier}${secret.target === undefined ? '' : `-${secret.target}`}-${secret.optional ? 'optional' : 'required'}`,
  }))
}

// --- internal ---

function withSecrets(application: Application, change: (secret: SecretSpec) => SecretSpec): Application {
  const { catalogue } = application
  const secrets = catalogue.secrets.map(change)
  return { ...application, catalogue: { ...catalogue, remoteSecretQuota: 1_000_000, secrets } }
}
