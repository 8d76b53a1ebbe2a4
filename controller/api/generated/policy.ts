// Made from crds/policies.yaml by "make generate". Do not edit.

/** A manifest as a person may write it. */
export interface PolicyManifest {
  /**
   * The version of this schema, conops.dev/v1alpha1.
   */
  apiVersion: "conops.dev/v1alpha1";
  /**
   * The kind of this document, Policy.
   */
  kind: "Policy";
  /**
   * The name of the Policy.
   */
  metadata: {
    /**
     * The name that messages call it by: at most 63 lower-case letters, digits and "-", beginning and ending with a letter or digit.
     */
    name: string;
    /**
     * Short words to find and group by, as in Kubernetes.
     */
    labels?: {
      [k: string]: string;
    };
    /**
     * Further words about the resource, as in Kubernetes.
     */
    annotations?: {
      [k: string]: string;
    };
  };
  /**
   * What is allowed.
   */
  spec?: {
    /**
     * Whom it is for; without it, everybody. Of several Policies in a file, the first that is for an Application counts, alone; where none is, "restricted" does.
     */
    appliesTo?: {
      /**
       * Names of Applications, with "*" for any part of one.
       *
       * @minItems 1
       * @maxItems 1000
       *
       * Items: A name, or a pattern of names.
       */
      applications?: string[];
      /**
       * Labels that the Application must have in metadata.labels, each with this value.
       */
      labels?: {
        /**
         * The value of the label.
         */
        [k: string]: string;
      };
    };
    /**
     * Rules that do not hold for some Applications. Such a rule then allows them everything that it is about.
     *
     * @maxItems 1000
     *
     * Items: Some Applications, and the rules that do not hold for them.
     */
    exceptions?: {
      /**
       * Names of Applications, with "*" for any part of one.
       *
       * @minItems 1
       * @maxItems 1000
       *
       * Items: A name, or a pattern of names.
       */
      applications?: string[];
      /**
       * Labels that the Application must have in metadata.labels, each with this value.
       */
      labels?: {
        /**
         * The value of the label.
         */
        [k: string]: string;
      };
      /**
       * The rules, as messages call them.
       *
       * @minItems 1
       *
       * Items: The name of a rule.
       */
      rules: (
        | "privileged"
        | "host-namespaces"
        | "other-containers"
        | "capabilities"
        | "devices"
        | "gpus"
        | "security-options"
        | "no-new-privileges"
        | "sysctls"
        | "cgroup-parent"
        | "runtimes"
        | "annotations"
        | "host-priority"
        | "container-names"
        | "logging-drivers"
        | "models"
        | "docker-socket"
        | "host-paths"
        | "nested-mounts"
        | "volume-drivers"
        | "file-systems"
        | "external-volumes"
        | "external-networks"
        | "network-drivers"
        | "network-options"
        | "subnets"
        | "ports"
        | "port-addresses"
        | "images"
        | "image-digests"
        | "builds"
        | "build-images"
        | "build-contexts"
        | "build-host-access"
        | "unknown-fields"
      )[];
    }[];
    /**
     * Privileged containers, and privileged hooks (post_start, pre_stop). Such a container is root on the host.
     */
    privileged?: boolean;
    /**
     * Namespaces of the host that a container may live in, also by network_mode or a network named "host".
     *
     * Items: A namespace.
     */
    hostNamespaces?: ("network" | "pid" | "ipc" | "uts" | "user" | "cgroup")[];
    /**
     * Sharing with containers outside the project: network_mode, pid, ipc or volumes_from with container:NAME, and external_links.
     */
    otherContainers?: boolean;
    /**
     * Capabilities that cap_add may name, such as NET_BIND_SERVICE; "*" for all.
     *
     * @maxItems 100
     *
     * Items: A capability, with or without CAP_.
     */
    capabilities?: string[];
    /**
     * Devices of the host, by path ("/dev/ttyUSB0", "/dev/dri/*") or CDI name ("vendor.com/class=name"); "*" for all, and only then device_cgroup_rules.
     *
     * @maxItems 1000
     *
     * Items: A device, with "*" for any part of its name.
     */
    devices?: string[];
    /**
     * GPUs and other devices that are asked for by gpus, or deploy.resources.reservations.devices.
     */
    gpus?: boolean;
    /**
     * What security_opt may hold, as KEY=VALUE with "*" for any part; no-new-privileges stands for itself. Written credentialspec=*, it allows credential_spec.
     *
     * @maxItems 100
     *
     * Items: An option, such as seccomp=unconfined or label=*.
     */
    securityOptions?: string[];
    /**
     * Each service must have no-new-privileges in its security_opt.
     */
    noNewPrivileges?: boolean;
    /**
     * Kernel parameters that sysctls may set, with "*" for any part, such as net.ipv4.*.
     *
     * @maxItems 1000
     *
     * Items: A parameter.
     */
    sysctls?: string[];
    /**
     * A cgroup of the host's in the place of the engine's own (cgroup_parent).
     */
    cgroupParent?: boolean;
    /**
     * Other runtimes than the engine's default one (runtime), and kinds of isolation; "*" for all.
     *
     * @maxItems 100
     *
     * Items: The name of a runtime.
     */
    runtimes?: string[];
    /**
     * Annotations, which steer the runtime, by key, with "*" for any part.
     *
     * @maxItems 1000
     *
     * Items: The key of an annotation.
     */
    annotations?: string[];
    /**
     * Precedence over other processes of the host: oom_score_adj below 0, oom_kill_disable, real-time scheduling (cpu_rt_runtime, cpu_rt_period, the ulimits rtprio and nice).
     */
    hostPriority?: boolean;
    /**
     * Names for containers (container_name), which the whole host shares.
     */
    containerNames?: boolean;
    /**
     * Logging drivers that a service may name; "*" for all. Most send what they are told where they are told.
     *
     * @maxItems 100
     *
     * Items: A logging driver.
     */
    loggingDrivers?: string[];
    /**
     * Models, which Compose runs by a program of this machine, docker model.
     */
    models?: boolean;
    /**
     * The socket of the Docker engine, or of another one on the host, mounted by whatever path leads to it: whoever may use it is root on the host.
     */
    dockerSocket?: boolean;
    /**
     * Folders and files of the host that may be mounted, with all below them, by bind mounts and by volumes that are one. The Application's own checkout always may. Only "/" without readOnly also stands for the folders of ConOps itself.
     *
     * @maxItems 1000
     *
     * Items: A folder or file of the host.
     */
    hostPaths?: {
      /**
       * Its absolute path.
       */
      path: string;
      /**
       * It may be mounted read-only alone.
       */
      readOnly?: boolean;
    }[];
    /**
     * A mount of what lies within another mount that a container may write to: it could put a link there that leads anywhere on the host, and the engine would follow it at the next start.
     */
    nestedMounts?: boolean;
    /**
     * Drivers of volumes; "*" for all.
     *
     * @maxItems 100
     *
     * Items: A driver.
     */
    volumeDrivers?: string[];
    /**
     * File systems that a volume may mount by its driver_opts, such as nfs or cifs; "*" for all. A bind is not one of them: hostPaths is about it.
     *
     * @maxItems 100
     *
     * Items: The type of a file system.
     */
    fileSystems?: string[];
    /**
     * Volumes that are not the project's own (external, or with a name of their own), with "*" for any part of a name.
     *
     * @maxItems 1000
     *
     * Items: The name of a volume.
     */
    externalVolumes?: string[];
    /**
     * Networks that are not the project's own (external, with a name of their own, or named by network_mode), with "*" for any part of a name.
     *
     * @maxItems 1000
     *
     * Items: The name of a network.
     */
    externalNetworks?: string[];
    /**
     * Drivers of networks; "*" for all. macvlan and ipvlan put containers onto the host's own network.
     *
     * @maxItems 100
     *
     * Items: A driver.
     */
    networkDrivers?: string[];
    /**
     * Options of network drivers (driver_opts, ipam.options), by key, with "*" for any part.
     *
     * @maxItems 1000
     *
     * Items: The key of an option.
     */
    networkOptions?: string[];
    /**
     * Ranges that a network may choose its subnet from, such as 172.30.0.0/16; "*" for all. The host sends what is meant for a subnet to its containers.
     *
     * @maxItems 1000
     *
     * Items: A range of addresses in CIDR notation.
     */
    subnets?: string[];
    /**
     * Ports of the host that may be published, such as "8080" or "8000-8999"; none forbids publishing. A port that the engine chooses needs one at least.
     *
     * @maxItems 1000
     *
     * Items: A port or a range of ports, in quotes.
     */
    ports?: string[];
    /**
     * Addresses of the host that ports may be published on, in CIDR notation; "*" for all, which also stands for none (every interface).
     *
     * @maxItems 1000
     *
     * Items: An address or a range of addresses.
     */
    portAddresses?: string[];
    /**
     * Images that may run: a registry ("ghcr.io"), a part of one ("ghcr.io/acme", "docker.io/library/nginx"), or a pattern ("*.example.com/shop-*"); "*" for all. Short names are of docker.io.
     *
     * @maxItems 1000
     *
     * Items: A registry, a part of one, or a pattern.
     */
    images?: string[];
    /**
     * Each image must be pinned by its digest (@sha256:...), but for those that the project builds under a name of its own.
     */
    imageDigests?: boolean;
    /**
     * Building images. What a Dockerfile builds upon, images does not see.
     */
    builds?: boolean;
    /**
     * Names that a build may give beside the project's own (PROJECT-SERVICE, PROJECT/...), as in images: another's name would replace his image on this host.
     *
     * @maxItems 1000
     *
     * Items: A registry, a part of one, or a pattern.
     */
    buildImages?: string[];
    /**
     * Build contexts elsewhere than in the repository, with "*" for any part, such as https://git.example.com/*.
     *
     * @maxItems 1000
     *
     * Items: The address of a context.
     */
    buildContexts?: string[];
    /**
     * Builds with the host's network, privileged, with entitlements, with an SSH key or agent, or that store their cache somewhere (cache_to).
     */
    buildHostAccess?: boolean;
    /**
     * Fields of a Compose file that this version of ConOps does not know, and so cannot judge.
     */
    unknownFields?: boolean;
  };
}

/** The same, after the defaults were filled in. */
export interface PolicyWithDefaults {
  /**
   * The version of this schema, conops.dev/v1alpha1.
   */
  apiVersion: "conops.dev/v1alpha1";
  /**
   * The kind of this document, Policy.
   */
  kind: "Policy";
  /**
   * The name of the Policy.
   */
  metadata: {
    /**
     * The name that messages call it by: at most 63 lower-case letters, digits and "-", beginning and ending with a letter or digit.
     */
    name: string;
    /**
     * Short words to find and group by, as in Kubernetes.
     */
    labels: {
      [k: string]: string;
    };
    /**
     * Further words about the resource, as in Kubernetes.
     */
    annotations: {
      [k: string]: string;
    };
  };
  /**
   * What is allowed.
   */
  spec: {
    /**
     * Whom it is for; without it, everybody. Of several Policies in a file, the first that is for an Application counts, alone; where none is, "restricted" does.
     */
    appliesTo?: {
      /**
       * Names of Applications, with "*" for any part of one.
       *
       * @minItems 1
       * @maxItems 1000
       *
       * Items: A name, or a pattern of names.
       */
      applications?: string[];
      /**
       * Labels that the Application must have in metadata.labels, each with this value.
       */
      labels?: {
        /**
         * The value of the label.
         */
        [k: string]: string;
      };
    };
    /**
     * Rules that do not hold for some Applications. Such a rule then allows them everything that it is about.
     *
     * @maxItems 1000
     *
     * Items: Some Applications, and the rules that do not hold for them.
     */
    exceptions: {
      /**
       * Names of Applications, with "*" for any part of one.
       *
       * @minItems 1
       * @maxItems 1000
       *
       * Items: A name, or a pattern of names.
       */
      applications?: string[];
      /**
       * Labels that the Application must have in metadata.labels, each with this value.
       */
      labels?: {
        /**
         * The value of the label.
         */
        [k: string]: string;
      };
      /**
       * The rules, as messages call them.
       *
       * @minItems 1
       *
       * Items: The name of a rule.
       */
      rules: (
        | "privileged"
        | "host-namespaces"
        | "other-containers"
        | "capabilities"
        | "devices"
        | "gpus"
        | "security-options"
        | "no-new-privileges"
        | "sysctls"
        | "cgroup-parent"
        | "runtimes"
        | "annotations"
        | "host-priority"
        | "container-names"
        | "logging-drivers"
        | "models"
        | "docker-socket"
        | "host-paths"
        | "nested-mounts"
        | "volume-drivers"
        | "file-systems"
        | "external-volumes"
        | "external-networks"
        | "network-drivers"
        | "network-options"
        | "subnets"
        | "ports"
        | "port-addresses"
        | "images"
        | "image-digests"
        | "builds"
        | "build-images"
        | "build-contexts"
        | "build-host-access"
        | "unknown-fields"
      )[];
    }[];
    /**
     * Privileged containers, and privileged hooks (post_start, pre_stop). Such a container is root on the host.
     */
    privileged: boolean;
    /**
     * Namespaces of the host that a container may live in, also by network_mode or a network named "host".
     *
     * Items: A namespace.
     */
    hostNamespaces: ("network" | "pid" | "ipc" | "uts" | "user" | "cgroup")[];
    /**
     * Sharing with containers outside the project: network_mode, pid, ipc or volumes_from with container:NAME, and external_links.
     */
    otherContainers: boolean;
    /**
     * Capabilities that cap_add may name, such as NET_BIND_SERVICE; "*" for all.
     *
     * @maxItems 100
     *
     * Items: A capability, with or without CAP_.
     */
    capabilities: string[];
    /**
     * Devices of the host, by path ("/dev/ttyUSB0", "/dev/dri/*") or CDI name ("vendor.com/class=name"); "*" for all, and only then device_cgroup_rules.
     *
     * @maxItems 1000
     *
     * Items: A device, with "*" for any part of its name.
     */
    devices: string[];
    /**
     * GPUs and other devices that are asked for by gpus, or deploy.resources.reservations.devices.
     */
    gpus: boolean;
    /**
     * What security_opt may hold, as KEY=VALUE with "*" for any part; no-new-privileges stands for itself. Written credentialspec=*, it allows credential_spec.
     *
     * @maxItems 100
     *
     * Items: An option, such as seccomp=unconfined or label=*.
     */
    securityOptions: string[];
    /**
     * Each service must have no-new-privileges in its security_opt.
     */
    noNewPrivileges: boolean;
    /**
     * Kernel parameters that sysctls may set, with "*" for any part, such as net.ipv4.*.
     *
     * @maxItems 1000
     *
     * Items: A parameter.
     */
    sysctls: string[];
    /**
     * A cgroup of the host's in the place of the engine's own (cgroup_parent).
     */
    cgroupParent: boolean;
    /**
     * Other runtimes than the engine's default one (runtime), and kinds of isolation; "*" for all.
     *
     * @maxItems 100
     *
     * Items: The name of a runtime.
     */
    runtimes: string[];
    /**
     * Annotations, which steer the runtime, by key, with "*" for any part.
     *
     * @maxItems 1000
     *
     * Items: The key of an annotation.
     */
    annotations: string[];
    /**
     * Precedence over other processes of the host: oom_score_adj below 0, oom_kill_disable, real-time scheduling (cpu_rt_runtime, cpu_rt_period, the ulimits rtprio and nice).
     */
    hostPriority: boolean;
    /**
     * Names for containers (container_name), which the whole host shares.
     */
    containerNames: boolean;
    /**
     * Logging drivers that a service may name; "*" for all. Most send what they are told where they are told.
     *
     * @maxItems 100
     *
     * Items: A logging driver.
     */
    loggingDrivers: string[];
    /**
     * Models, which Compose runs by a program of this machine, docker model.
     */
    models: boolean;
    /**
     * The socket of the Docker engine, or of another one on the host, mounted by whatever path leads to it: whoever may use it is root on the host.
     */
    dockerSocket: boolean;
    /**
     * Folders and files of the host that may be mounted, with all below them, by bind mounts and by volumes that are one. The Application's own checkout always may. Only "/" without readOnly also stands for the folders of ConOps itself.
     *
     * @maxItems 1000
     *
     * Items: A folder or file of the host.
     */
    hostPaths: {
      /**
       * Its absolute path.
       */
      path: string;
      /**
       * It may be mounted read-only alone.
       */
      readOnly: boolean;
    }[];
    /**
     * A mount of what lies within another mount that a container may write to: it could put a link there that leads anywhere on the host, and the engine would follow it at the next start.
     */
    nestedMounts: boolean;
    /**
     * Drivers of volumes; "*" for all.
     *
     * @maxItems 100
     *
     * Items: A driver.
     */
    volumeDrivers: string[];
    /**
     * File systems that a volume may mount by its driver_opts, such as nfs or cifs; "*" for all. A bind is not one of them: hostPaths is about it.
     *
     * @maxItems 100
     *
     * Items: The type of a file system.
     */
    fileSystems: string[];
    /**
     * Volumes that are not the project's own (external, or with a name of their own), with "*" for any part of a name.
     *
     * @maxItems 1000
     *
     * Items: The name of a volume.
     */
    externalVolumes: string[];
    /**
     * Networks that are not the project's own (external, with a name of their own, or named by network_mode), with "*" for any part of a name.
     *
     * @maxItems 1000
     *
     * Items: The name of a network.
     */
    externalNetworks: string[];
    /**
     * Drivers of networks; "*" for all. macvlan and ipvlan put containers onto the host's own network.
     *
     * @maxItems 100
     *
     * Items: A driver.
     */
    networkDrivers: string[];
    /**
     * Options of network drivers (driver_opts, ipam.options), by key, with "*" for any part.
     *
     * @maxItems 1000
     *
     * Items: The key of an option.
     */
    networkOptions: string[];
    /**
     * Ranges that a network may choose its subnet from, such as 172.30.0.0/16; "*" for all. The host sends what is meant for a subnet to its containers.
     *
     * @maxItems 1000
     *
     * Items: A range of addresses in CIDR notation.
     */
    subnets: string[];
    /**
     * Ports of the host that may be published, such as "8080" or "8000-8999"; none forbids publishing. A port that the engine chooses needs one at least.
     *
     * @maxItems 1000
     *
     * Items: A port or a range of ports, in quotes.
     */
    ports: string[];
    /**
     * Addresses of the host that ports may be published on, in CIDR notation; "*" for all, which also stands for none (every interface).
     *
     * @maxItems 1000
     *
     * Items: An address or a range of addresses.
     */
    portAddresses: string[];
    /**
     * Images that may run: a registry ("ghcr.io"), a part of one ("ghcr.io/acme", "docker.io/library/nginx"), or a pattern ("*.example.com/shop-*"); "*" for all. Short names are of docker.io.
     *
     * @maxItems 1000
     *
     * Items: A registry, a part of one, or a pattern.
     */
    images: string[];
    /**
     * Each image must be pinned by its digest (@sha256:...), but for those that the project builds under a name of its own.
     */
    imageDigests: boolean;
    /**
     * Building images. What a Dockerfile builds upon, images does not see.
     */
    builds: boolean;
    /**
     * Names that a build may give beside the project's own (PROJECT-SERVICE, PROJECT/...), as in images: another's name would replace his image on this host.
     *
     * @maxItems 1000
     *
     * Items: A registry, a part of one, or a pattern.
     */
    buildImages: string[];
    /**
     * Build contexts elsewhere than in the repository, with "*" for any part, such as https://git.example.com/*.
     *
     * @maxItems 1000
     *
     * Items: The address of a context.
     */
    buildContexts: string[];
    /**
     * Builds with the host's network, privileged, with entitlements, with an SSH key or agent, or that store their cache somewhere (cache_to).
     */
    buildHostAccess: boolean;
    /**
     * Fields of a Compose file that this version of ConOps does not know, and so cannot judge.
     */
    unknownFields: boolean;
  };
}
