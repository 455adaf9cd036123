/** What Argo CD's own checks say of both kinds, by the condition `Ready` alone. */
const readiness = `local status = obj.status or {}
local labels = obj.metadata.labels or {}
local ready = { message = "the operator has not read it yet" }
for _, condition in ipairs(status.conditions or {}) do
  if condition.type == "Ready" then ready = condition end
end
local health = { status = "Progressing", message = ready.message }
if ready.status == "False" then health.status = "Degraded" end
if ready.status == "True" then health.status = "Healthy" end
`

/**
 * When an ExternalSecret is healthy, as Argo CD asks: in Lua, with the global `obj` and no library for texts. Its own check
 * takes any `Ready` for the present one. Of the objects of other charts this one says what that says.
 *
 * It is ready too when it found no key at all, or wrote no Secret. There is no observedGeneration: the operator writes `<generation>-<digest>` into `syncedResourceVersion` with each success.
 * `.` follows `-` in the order of characters, so that the texts between `3-` and `3.` are those that begin with `3-`.
 *
 * Sources: Argo CD 3.5.1, util/lua/lua.go, `runLuaWithResourceActionParameters`, and resource_customizations/external-secrets.io;
 * External Secrets Operator, pkg/controllers/util, `GetResourceVersion`.
 */
export const externalSecretHealth = `${readiness}if labels["app.kubernetes.io/name"] ~= "tiered-secrets" then return health end

local spec = obj.spec or {}
local generation = tostring(obj.metadata.generation)
local version = status.syncedResourceVersion or ""
local isCurrent = version >= generation .. "-" and version < generation .. "."
if ready.status == "True" and not isCurrent then
  health = { status = "Progressing", message = "the operator has not read the change yet" }
elseif ready.reason ~= "SecretSynced" or ready.message == "secret retained due to DeletionPolicy=Retain" then
  if ready.status == "True" then health.status = "Degraded" end
end
if spec.target ~= nil and spec.target.deletionPolicy == "Merge" and health.status ~= "Healthy" then
  health = { status = "Healthy", message = "optional, so nothing waits for it: " .. (health.message or "") }
end
return health
`

/**
 * Of a store: what it says of itself counts for nothing, as it is ready with a wrong key, and one without a key may be of a
 * tier whose secrets are all optional. Whoever waits for it would wait in vain; its ExternalSecrets tell.
 */
export const secretStoreHealth = `${readiness}if labels["app.kubernetes.io/name"] == "tiered-secrets" then
  health = { status = "Healthy", message = "only its ExternalSecrets tell: " .. (ready.message or "") }
end
return health
`
