import type { NamespacedRef } from '../../kubernetes/kinds.ts'
import { commandLine, kubectl, pipedCommandLine } from '../../lib/command-line.ts'
import { shell, shellWord } from '../../lib/shell.ts'
import { fillCommand } from '../../model/fill-command.ts'
import type { EnvironmentModel, TierModel } from '../../model/resolve.ts'
import type { SecretSpec } from '../../model/types.ts'

/** Commands to paste into a shell, in the quotes of Markdown. None holds a value or a key. */
export const paste = {
  /** Makes IAM match the plan: applications, policies and keys that are missing. */
  iam: ({ environment }: EnvironmentModel) =>
    code(`${pipedCommandLine`iam --environment ${environment} --format scw`} > iam.sh && sh iam.sh`),

  /** Creates a new key and puts it in use. */
  rotateKey: (model: EnvironmentModel, tier: TierModel) => code(`${credentials(model, tier)} --rotate`),

  /** Deletes the key that `rotateKey` has replaced. */
  finishKey: (model: EnvironmentModel, tier: TierModel) => code(`${credentials(model, tier)} --rotate --finish`),

  /** Puts a key from a file in use. */
  giveKey: (model: EnvironmentModel, tier: TierModel) => code(`${credentials(model, tier)} --from key.json`),

  /** Writes the key of a Secret again with our command, which trims it and names it right. */
  regiveKey: (model: EnvironmentModel, tier: TierModel, names: { accessKey: string; secretKey: string }) => {
    const half = (name: string) => `{{index .data "${name}" | base64decode}}{{"\\n"}}`
    const secret = kubectl`get secret ${tier.credentialsSecret} --namespace ${tier.namespace}`
    const template = `${half(names.accessKey)}${half(names.secretKey)}`
    return code(
      `${secret} --output go-template=${shellWord(template)} | ${pipedCommandLine`credentials --environment ${model.environment} --tier ${tier.name}`}`,
    )
  },

  fill: (
    { environment }: EnvironmentModel,
    tier: TierModel,
    specs: readonly SecretSpec[],
    { replace = false }: { readonly replace?: boolean } = {},
  ) => {
    const only = specs.map(({ variable }) => variable)
    return code(fillCommand({ environment, tier: tier.name, only, specs, replace }))
  },

  /** Everything a tier lacks. */
  fillTier: ({ environment }: EnvironmentModel, tier: TierModel, specs: readonly SecretSpec[]) =>
    code(fillCommand({ environment, tier: tier.name, specs })),

  /** The operator's own values; their first lines say how to install it with them. */
  operatorValues: () => code(`${pipedCommandLine`operator-values`} > operator-values.yaml`),

  /** Makes the operator read Scaleway now. Several in one namespace: all of that namespace. */
  forceSync: (refs: readonly NamespacedRef[]) => {
    const [first, ...others] = refs
    return code(
      annotate(others.length > 0 ? ['externalsecrets', '--all'] : ['externalsecret', first?.name ?? ''], first),
    )
  },

  /** Makes the operator check a store again. */
  forceStore: (ref: NamespacedRef) => code(annotate(['secretstore', ref.name], ref)),

  /** Reads Scaleway now, through a store that the operator has refused: it has to check the store first. */
  forceStoreAndSync: (store: NamespacedRef, ref: NamespacedRef) =>
    code(
      `${annotate(['secretstore', store.name], store)} && sleep 3 && ${annotate(['externalsecret', ref.name], ref)}`,
    ),

  patch: (kind: string, { namespace, name }: NamespacedRef, patch: object) =>
    code(kubectl`patch ${kind} ${name} --namespace ${namespace} --type merge --patch ${JSON.stringify(patch)}`),

  deleteObject: (kind: string, { namespace, name }: NamespacedRef) =>
    code(kubectl`delete ${kind} ${name} --namespace ${namespace}`),

  /** Requests `scw` has no command for. The key is not an argument, which every user of the machine could read. */
  scalewayPost: (apiUrl: string, path: string) =>
    code(
      shell`printf 'X-Auth-Token: %s' "$SCW_SECRET_KEY" | curl --request POST --header @- --header 'Content-Type: application/json' --data '{}' ${apiUrl + path}`,
    ),

  look: (words: string) => code(words),
} as const

// --- internal ---

function code(command: string): string {
  return `\`${command}\``
}

function annotate(which: readonly string[], ref: Pick<NamespacedRef, 'namespace'> | undefined): string {
  return kubectl`annotate ${which} force-sync=$(date +%s) --overwrite --namespace ${ref?.namespace ?? ''}`
}

function credentials({ environment }: EnvironmentModel, { name }: TierModel): string {
  return commandLine`credentials --environment ${environment} --tier ${name}`
}
