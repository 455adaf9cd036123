import type {
  BundleValues,
  ChartValues,
  ExternalSecretValues,
  FieldValues,
  TierValues,
} from '../../schema/chart-values.ts'
import { commandLine } from '../lib/command-line.ts'
import { toYaml } from '../lib/yaml.ts'
import { credentialKeys } from '../model/names.ts'
import { type OperatorModel, sharedOperator } from '../model/operator.ts'
import type { EnvironmentModel, ExternalSecretModel, TierModel } from '../model/resolve.ts'
import { networkValues } from './network-values.ts'

/** The comment in generated files about their origin. */
export const generatedHeader = `# Generated from scripts/catalogue.ts and scripts/environments.ts by \`${commandLine`gen-values`}\`. Do not edit.\n`

/** The chart values of one environment, in the order they are written. */
export function chartValues(model: EnvironmentModel): ChartValues {
  return {
    application: model.application,
    environment: model.environment,
    isolation: model.isolation,
    scaleway: { region: model.region },
    refreshInterval: model.refreshInterval,
    namespaces: { create: true },
    credentialKeys: { ...credentialKeys },
    operator: operatorValues(model.operator),
    admission: { enabled: !model.without.includes('admission') },
    rbac: { enabled: !model.without.includes('rbac') },
    networkPolicies: {
      enabled: !model.without.includes('network-policies'),
      dns: { namespace: model.dns.namespace, podLabels: { ...model.dns.podLabels } },
    },
    reloader: { enabled: model.restart === 'reloader' },
    tiers: Object.fromEntries(model.tiers.map((tier) => [tier.name, tierValues(tier)])),
  }
}

/** `values/<environment>.yaml`: a header that names the source, then the values. */
export function chartValuesText(values: ChartValues): string {
  return generatedHeader + toYaml(values)
}

// --- internal ---

function operatorValues({ accounts, controllerClass }: OperatorModel): ChartValues['operator'] {
  const [first = sharedOperator, ...others] = accounts
  return { accounts: [first, ...others], ...(controllerClass === undefined ? {} : { controllerClass }) }
}

function tierValues(tier: TierModel): TierValues {
  return {
    namespace: tier.namespace,
    projectId: tier.projectId,
    remotePath: tier.remotePath,
    secretStore: tier.secretStore,
    credentialsSecret: tier.credentialsSecret,
    ...(tier.sealedCredentials ? { sealedCredentials: { ...tier.sealedCredentials } } : {}),
    serviceAccount: tier.serviceAccount,
    podSecurity: tier.podSecurity,
    ...(Object.keys(tier.quota).length > 0 ? { quota: { ...tier.quota } } : {}),
    ...(Object.keys(tier.containerDefaults).length > 0 ? { containerDefaults: { ...tier.containerDefaults } } : {}),
    ...(tier.viewers.length > 0 ? { viewers: [...tier.viewers] } : {}),
    ...(tier.operators.length > 0 ? { operators: [...tier.operators] } : {}),
    network: networkValues(tier.network),
    ...(tier.required ? { required: externalSecretValues(tier.required) } : {}),
    ...(tier.optional ? { optional: externalSecretValues(tier.optional) } : {}),
  }
}

function externalSecretValues({ name, singles, bundles }: ExternalSecretModel): ExternalSecretValues {
  const data: Record<string, string> = {}
  const fields: Record<string, FieldValues> = {}
  for (const { spec, remoteRef, property } of singles) {
    if (property === undefined) data[spec.variable] = remoteRef
    else fields[spec.variable] = { remoteRef, property }
  }
  const bundleValues = bundles.map(({ identity, remoteRef, specs }): [string, BundleValues] => {
    const [first = '', ...others] = specs.map((spec) => spec.variable)
    return [identity, { remoteRef, keys: [first, ...others] }]
  })
  return {
    target: name,
    ...(Object.keys(data).length > 0 ? { data } : {}),
    ...(Object.keys(fields).length > 0 ? { fields } : {}),
    ...(bundleValues.length > 0 ? { bundles: Object.fromEntries(bundleValues) } : {}),
  }
}
