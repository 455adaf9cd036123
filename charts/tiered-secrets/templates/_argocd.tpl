{{/*
Annotations by which Argo CD applies kinds one after the other, each when those before it are healthy; nothing where it is off.
In its own order stores would come before the policies that judge them. Whatever is not named here is in wave 0, with the
stores. Source: Argo CD, user guide, "Sync Phases and Waves".
Arguments: root (the chart context), kind.
*/}}
{{- define "tiered-secrets.argocdAnnotations" -}}
{{- $waves := dict
  "Namespace" "-2"
  "Secret" "-2"
  "ValidatingAdmissionPolicy" "-1"
  "ValidatingAdmissionPolicyBinding" "-1"
  "ExternalSecret" "1"
-}}
{{- if (.root.Values.argocd | default dict).enabled -}}
argocd.argoproj.io/sync-wave: {{ get $waves .kind | quote }}
{{- if eq .kind "Namespace" }}
# Pruning does not know Helm's policy below. Source: Argo CD, user guide, "Sync Options".
argocd.argoproj.io/sync-options: Prune=false,Delete=false
{{- end }}
{{- end -}}
{{- end -}}

{{/*
Lets Argo CD compare: it asks what the cluster would make of each object before it applies any, so that by the boundary which
it replaces first a secret more would be refused, the comparison would fail, and it would apply nothing at all. A dry run
changes nothing, even when somebody else only claims to be Argo CD. Source: Argo CD, user guide, "Diff Strategies", and common/common.go, `ArgoCDSSAManager`.
Arguments: the chart context.
*/}}
{{- define "tiered-secrets.argocdComparison" -}}
{{- if (.Values.argocd | default dict).enabled -}}
- name: not-a-comparison-of-argo-cd
  expression: >-
    !request.?dryRun.orValue(false) || dyn(request.options).?fieldManager.orValue('') != 'argocd-controller'
{{- end -}}
{{- end -}}
