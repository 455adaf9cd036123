import { commandLine, pipedCommandLine } from '../lib/command-line.ts'
import { compare } from '../lib/problems.ts'
import { holderOption, type IamPlan, type TierIamPlan } from '../model/iam.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import { hclAttributes, hclLabel, hclString, hclValue } from './hcl.ts'

/**
 * The plan and the remote secrets for OpenTofu or Terraform, as `terraform fmt` would write it. No value and no key can
 * get into its state: values go through write-only arguments, keys are made by `scw`. A new version is made before the
 * one before it is deleted, and no plan deletes a remote secret.
 * Source: provider scaleway 2.81; language of Terraform 1.11, lifecycle.
 */
export function iamTerraform(plan: IamPlan, model: EnvironmentModel): string {
  return [
    terraformHeader(plan, 'IAM and remote secrets'),
    required,
    plan.tiers.map((tier) => tierBlocks(plan, tier)).join('\n'),
    keyComment(plan),
    remoteSecrets(model),
    variables,
    secretBlocks(model),
  ].join('\n')
}

/** @param title what of an environment is in the file */
export function terraformHeader(plan: IamPlan, title: string): string {
  const { application, environment, example } = plan
  const given = ['--environment', environment, ...holderOption(plan)]
  const note = example
    ? '# The project ids below are examples: fill in your own in scripts/environments.ts first.\n'
    : ''
  return `# ${title} of ${application}, environment ${environment}.
# Made by: ${pipedCommandLine`iam ${given} --format terraform`}
# Each environment needs a folder, and so a state, of its own: the names below are the same in all of them.
${note}`
}

/** Write-only arguments and ephemeral variables need 1.11, of OpenTofu as well. */
export const required = `terraform {
  required_version = ">= 1.11"
  required_providers {
    scaleway = {
      source  = "scaleway/scaleway"
      version = "~> 2.81"
    }
  }
}
`

/** An application and its policy. */
export function tierBlocks({ organizationId }: IamPlan, { tier, name, description, rules }: TierIamPlan): string {
  const label = hclString(hclLabel(tier))
  const organization = { organization_id: organizationId }
  const applicationId = {
    expression: `scaleway_iam_application.${hclLabel(tier)}.id`,
  }
  const ruleBlocks = rules.map(({ permissionSet, projectId, condition }) => {
    const attributes = {
      project_ids: [projectId],
      permission_set_names: [permissionSet],
      condition,
    }
    return `\n  rule {\n${hclAttributes(attributes, 4)}  }\n`
  })
  return `resource "scaleway_iam_application" ${label} {
${hclAttributes({ name, description, ...organization })}}

resource "scaleway_iam_policy" ${label} {
${hclAttributes({ name, description, ...organization, application_id: applicationId })}${ruleBlocks.join('')}}
`
}

// --- internal ---

function keyComment({ environment }: IamPlan): string {
  return `# What exists already, by \`${commandLine`fill`}\` or by scw, is imported before the first \`apply\`, or it is made twice:
#   ${pipedCommandLine`iam --environment ${environment} --format terraform-imports`} > imports.tf
#
# No scaleway_iam_api_key: its secret key would get into the state. After \`apply\`, let scw make the keys, which hands
# them to \`${commandLine`credentials`}\` by a pipe. It finds the applications and policies above, and does not change them:
#   ${pipedCommandLine`iam --environment ${environment} --format scw`} > iam.sh && sh iam.sh
`
}

function remoteSecrets({ tiers }: EnvironmentModel): string {
  const entries = tiers
    .flatMap(({ projectId, remoteSecrets: list }) => list.map((remote) => ({ ...remote, projectId })))
    .map((remote) => ({ key: `${remote.path}/${remote.name}`, remote }))
    .sort((a, b) => compare(a.key, b.key))
    .map(({ key, remote: { name, path, projectId, shape, optional } }) => {
      const attributes = {
        name,
        path,
        project_id: projectId,
        type: typeOf(shape),
        optional,
      }
      return `    ${hclString(key)} = {\n${hclAttributes(attributes, 6)}    }\n`
    })
  return `locals {\n  # By folder and name.\n  remote_secrets = {\n${entries.join('')}  }\n}\n`
}

/** A bundle is flat JSON, which Scaleway checks; fields of a JSON value may be nested, which it would refuse. */
function typeOf(shape: 'opaque' | 'bundle' | 'json'): string {
  return shape === 'bundle' ? 'key_value' : 'opaque'
}

const variables = `variable "secret_values" {
  description = "Value of each remote secret, by folder and name; the JSON text for a bundle. Never stored."
  type        = map(string)
  sensitive   = true
  ephemeral   = true
}

variable "secret_versions" {
  description = "By folder and name: raise a number to write the value again, as a new version; the one before it is deleted afterwards. 1 when left out. Never take a number away."
  type        = map(number)
  default     = {}
}

variable "filled_secrets" {
  description = "Folder and name of the remote secrets whose values \`${commandLine`fill`}\` writes: none of their versions is managed here until they have a number in secret_versions. Of one that is managed, run state rm on its version first, or the version is deleted."
  type        = set(string)
  default     = []
}

variable "optional_secrets" {
  description = "Folder and name of the optional remote secrets that exist."
  type        = set(string)
  default     = []
}
`

function secretBlocks({ region }: EnvironmentModel): string {
  const regionText = hclValue(region)
  return `resource "scaleway_secret" "remote" {
  for_each = {
    for key, secret in local.remote_secrets : key => secret
    if !secret.optional || contains(var.optional_secrets, key)
  }

  name       = each.value.name
  path       = each.value.path
  type       = each.value.type
  project_id = each.value.project_id
  region     = ${regionText}
  protected  = true

  # A plan that would delete a remote secret, and its versions before it, fails.
  lifecycle {
    prevent_destroy = true
  }
}

resource "scaleway_secret_version" "remote" {
  for_each = {
    for key, secret in scaleway_secret.remote : key => secret
    if !contains(var.filled_secrets, key) || contains(keys(var.secret_versions), key)
  }

  secret_id       = each.value.id
  region          = ${regionText}
  data_wo         = var.secret_values[each.key]
  data_wo_version = lookup(var.secret_versions, each.key, 1)

  # The version before is deleted only once Scaleway has taken the new value.
  lifecycle {
    create_before_destroy = true
  }
}
`
}
