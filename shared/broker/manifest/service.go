package manifest

// Service is a serving.knative.dev/v1 Service: the fields that our functions
// use. The local platform starts functions itself; it takes the name, the
// environment and the limits from here.
type Service struct {
	typeMeta
	Metadata Meta `json:"metadata"`
	Spec     struct {
		Template struct {
			Metadata Meta         `json:"metadata"`
			Spec     RevisionSpec `json:"spec"`
		} `json:"template"`
	} `json:"spec"`
}

// RevisionSpec is how one revision of a Service runs.
type RevisionSpec struct {
	ContainerConcurrency         *int        `json:"containerConcurrency"`
	TimeoutSeconds               *int        `json:"timeoutSeconds"`
	ResponseStartTimeoutSeconds  *int        `json:"responseStartTimeoutSeconds"`
	IdleTimeoutSeconds           *int        `json:"idleTimeoutSeconds"`
	ServiceAccountName           string      `json:"serviceAccountName"`
	AutomountServiceAccountToken *bool       `json:"automountServiceAccountToken"`
	EnableServiceLinks           *bool       `json:"enableServiceLinks"`
	Containers                   []Container `json:"containers"`
	Volumes                      []Volume    `json:"volumes"`
}

// Container is the one container of a Service.
type Container struct {
	Name            string           `json:"name"`
	Image           string           `json:"image"`
	Ports           []Port           `json:"ports"`
	Env             []EnvVar         `json:"env"`
	EnvFrom         []EnvFrom        `json:"envFrom"`
	Resources       Resources        `json:"resources"`
	ReadinessProbe  *Probe           `json:"readinessProbe"`
	LivenessProbe   *Probe           `json:"livenessProbe"`
	StartupProbe    *Probe           `json:"startupProbe"`
	SecurityContext *SecurityContext `json:"securityContext"`
	VolumeMounts    []VolumeMount    `json:"volumeMounts"`
	// TerminationMessagePolicy says where a cluster finds why a container ended.
	TerminationMessagePolicy string `json:"terminationMessagePolicy"`
}

// Port is the port a container listens on; the name http1 or h2c is its protocol.
type Port struct {
	Name          string `json:"name"`
	ContainerPort int    `json:"containerPort"`
	Protocol      string `json:"protocol"`
}

// EnvVar is a variable with a value, or with a reference to one.
type EnvVar struct {
	Name      string     `json:"name"`
	Value     string     `json:"value"`
	ValueFrom *EnvSource `json:"valueFrom"`
}

// EnvSource is where a variable's value lies.
type EnvSource struct {
	SecretKeyRef    *KeyRef `json:"secretKeyRef"`
	ConfigMapKeyRef *KeyRef `json:"configMapKeyRef"`
}

// KeyRef is one key of a Secret or ConfigMap.
type KeyRef struct {
	Name     string `json:"name"`
	Key      string `json:"key"`
	Optional *bool  `json:"optional"`
}

// EnvFrom takes all keys of a Secret or ConfigMap as variables.
type EnvFrom struct {
	Prefix       string   `json:"prefix"`
	SecretRef    *NameRef `json:"secretRef"`
	ConfigMapRef *NameRef `json:"configMapRef"`
}

// NameRef names a Secret or ConfigMap.
type NameRef struct {
	Name     string `json:"name"`
	Optional *bool  `json:"optional"`
}

// Resources are quantities by resource name (cpu, memory, ephemeral-storage).
type Resources struct {
	Requests map[string]string `json:"requests"`
	Limits   map[string]string `json:"limits"`
}

// Probe asks whether a container lives or is ready.
type Probe struct {
	HTTPGet *struct {
		Path   string `json:"path"`
		Port   int    `json:"port"`
		Scheme string `json:"scheme"`
	} `json:"httpGet"`
	TCPSocket *struct {
		Port int `json:"port"`
	} `json:"tcpSocket"`
	InitialDelaySeconds int `json:"initialDelaySeconds"`
	TimeoutSeconds      int `json:"timeoutSeconds"`
	PeriodSeconds       int `json:"periodSeconds"`
	SuccessThreshold    int `json:"successThreshold"`
	FailureThreshold    int `json:"failureThreshold"`
}

// SecurityContext is what a container may do.
type SecurityContext struct {
	AllowPrivilegeEscalation *bool  `json:"allowPrivilegeEscalation"`
	ReadOnlyRootFilesystem   *bool  `json:"readOnlyRootFilesystem"`
	RunAsNonRoot             *bool  `json:"runAsNonRoot"`
	RunAsUser                *int64 `json:"runAsUser"`
	RunAsGroup               *int64 `json:"runAsGroup"`
	Capabilities             *struct {
		Add  []string `json:"add"`
		Drop []string `json:"drop"`
	} `json:"capabilities"`
	SeccompProfile *struct {
		Type string `json:"type"`
	} `json:"seccompProfile"`
}

// VolumeMount puts a volume into a container.
type VolumeMount struct {
	Name      string `json:"name"`
	MountPath string `json:"mountPath"`
	SubPath   string `json:"subPath"`
	ReadOnly  bool   `json:"readOnly"`
}

// Volume is a folder of files from the cluster, or an empty one.
type Volume struct {
	Name      string           `json:"name"`
	Secret    *SecretVolume    `json:"secret"`
	ConfigMap *ConfigMapVolume `json:"configMap"`
	EmptyDir  *EmptyDirVolume  `json:"emptyDir"`
	Projected *ProjectedVolume `json:"projected"`
}

// EmptyDirVolume is a folder that lasts as long as the container.
type EmptyDirVolume struct {
	Medium    string `json:"medium"`
	SizeLimit string `json:"sizeLimit"`
}

// SecretVolume is a Secret as files.
type SecretVolume struct {
	SecretName  string    `json:"secretName"`
	Items       []KeyPath `json:"items"`
	DefaultMode *int      `json:"defaultMode"`
	Optional    *bool     `json:"optional"`
}

// ConfigMapVolume is a ConfigMap as files.
type ConfigMapVolume struct {
	Name        string    `json:"name"`
	Items       []KeyPath `json:"items"`
	DefaultMode *int      `json:"defaultMode"`
	Optional    *bool     `json:"optional"`
}

// KeyPath is one key as one file.
type KeyPath struct {
	Key  string `json:"key"`
	Path string `json:"path"`
	Mode *int   `json:"mode"`
}

// ProjectedVolume joins several sources in one folder.
type ProjectedVolume struct {
	DefaultMode *int `json:"defaultMode"`
	Sources     []struct {
		Secret *struct {
			Name     string    `json:"name"`
			Items    []KeyPath `json:"items"`
			Optional *bool     `json:"optional"`
		} `json:"secret"`
		ConfigMap *struct {
			Name     string    `json:"name"`
			Items    []KeyPath `json:"items"`
			Optional *bool     `json:"optional"`
		} `json:"configMap"`
		ServiceAccountToken *struct {
			Audience          string `json:"audience"`
			ExpirationSeconds *int64 `json:"expirationSeconds"`
			Path              string `json:"path"`
		} `json:"serviceAccountToken"`
	} `json:"sources"`
}
