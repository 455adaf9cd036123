{{/*
What a target carries besides its values.
Arguments: root (the chart context), tier (the tier name).
*/}}
{{- define "tiered-secrets.targetMetadata" -}}
labels:
  {{- include "tiered-secrets.tierLabels" . | nindent 2 }}
{{- if .root.Values.reloader.enabled }}
annotations:
  reloader.stakater.com/match: "true"
{{- end }}
{{- end -}}

{{/*
Prefix of a bundle's keys between Scaleway and the target, so that no bundle can fill the key of another. It begins
with a letter, because it begins a field name of the operator's template, and no two identities have the same one.
Arguments: the identity.
*/}}
{{- define "tiered-secrets.bundlePrefix" -}}
b_{{ . | replace "_" "_u" | replace "-" "_d" | replace "." "_p" }}__
{{- end -}}

{{/*
The keys of a target, as JSON, by the name under which the operator's template finds the value.
Arguments: an entry of `required` or `optional`.
*/}}
{{- define "tiered-secrets.sources" -}}
{{- $sources := dict -}}
{{- $keys := .keys | default dict -}}
{{- range $variable, $_ := .data }}{{ $_ := set $sources $variable (get $keys $variable | default $variable) }}{{ end -}}
{{- range $variable, $_ := .fields }}{{ $_ := set $sources $variable (get $keys $variable | default $variable) }}{{ end -}}
{{- range $identity, $bundle := .bundles -}}
{{- $prefix := include "tiered-secrets.bundlePrefix" $identity -}}
{{- range $bundle.keys }}{{ $_ := set $sources (printf "%s%s" $prefix .) (get $keys . | default .) }}{{ end -}}
{{- end -}}
{{- toJson $sources -}}
{{- end -}}

{{/*
The target's data as one template a key: a key that is missing in a bundle is an error, which holds back the target.
Arguments: an entry of `required`.
*/}}
{{- define "tiered-secrets.requiredData" -}}
{{- range $source, $key := fromJson (include "tiered-secrets.sources" .) }}
{{ $key | quote }}: {{ printf "{{ .%s }}" $source | quote }}
{{- end }}
{{- end -}}

{{/*
The target's data as one template that writes the keys that exist: what is missing is left out.
Arguments: an entry of `optional`.
*/}}
{{- define "tiered-secrets.optionalData" -}}
{{ "{{- range $key, $value := . }}" }}
{{- range $source, $key := fromJson (include "tiered-secrets.sources" .) }}
{{ printf "{{- if eq $key %q }}" $source }}
{{ $key | quote }}: {{ "{{ $value | toJson }}" }}
{{ "{{- end }}" }}
{{- end }}
{{ "{{- end }}" }}
{{- end -}}
