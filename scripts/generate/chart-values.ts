import type {
  BundleValues,
  ChartValues,
  ExternalSecretValues,
  FieldValues,
  TargetValues,
  TierValues,
} from '../../schema/chart-values.ts'
import { toYaml } from '../lib/yaml.ts'
import { credentialKeys } from '../model/names.ts'
import { type OperatorModel, sharedOperator } from '../model/operator.ts'
import { type EnvironmentModel, type ExternalSecretModel, specsOf, type TierModel } from '../model/resolve.ts'
import { keyOf } from '../model/specs.ts'
import { dnsValues, networkValues } from './network-values.ts'
import { yamlHeader } from './yaml-header.ts'

/** The chart values of one environment, in the order they are written. */
export function chartValues(model: EnvironmentModel): ChartValues {
  return {
    application: model.application,
    ...(model.baseName === model.application ? {} : { baseName: model.baseName }),
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
      dns: dnsValues(model.dns),
    },
    reloader: { enabled: model.restart === 'reloader' },
    ...(model.delivery?.engine === 'argocd' ? { argocd: { enabled: true } } : {}),
    tiers: Object.fromEntries(model.tiers.map((tier) => [tier.name, tierValues(tier)])),
  }
}

/** `values/<environment>.yaml`: a header that names the source, then the values. */
export function chartValuesText(values: ChartValues): string {
  return yamlHeader() + toYaml(values)
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
    ...targetValues(tier, undefined),
    ...namedTargets(tier),
  }
}

function namedTargets(tier: TierModel): Pick<TierValues, 'targets'> {
  const names = [...new Set(tier.externalSecrets.flatMap(({ target }) => target ?? []))]
  if (names.length === 0) return {}
  const targets = names.map((name): [string, TargetValues] => {
    const { type = 'Opaque' } = tier.externalSecrets.find(({ target, optional }) => target === name && !optional) ?? {}
    return [name, { ...(type === 'Opaque' ? {} : { type }), ...targetValues(tier, name) }]
  })
  return { targets: Object.fromEntries(targets) }
}

/** @param name undefined: the main target */
function targetValues(
  { externalSecrets }: TierModel,
  name: string | undefined,
): Pick<TierValues, 'required' | 'optional'> {
  const own = externalSecrets.filter(({ target }) => target === name)
  return Object.fromEntries(own.map((one) => [one.optional ? 'optional' : 'required', externalSecretValues(one)]))
}

function externalSecretValues(model: ExternalSecretModel): ExternalSecretValues {
  const { name, singles, bundles } = model
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
  const keys = specsOf(model)
    .filter((spec) => keyOf(spec) !== spec.variable)
    .map((spec): [string, string] => [spec.variable, keyOf(spec)])
  return {
    target: name,
    ...(Object.keys(data).length > 0 ? { data } : {}),
    ...(Object.keys(fields).length > 0 ? { fields } : {}),
    ...(bundleValues.length > 0 ? { bundles: Object.fromEntries(bundleValues) } : {}),
    ...(keys.length > 0 ? { keys: Object.fromEntries(keys) } : {}),
  }
}
