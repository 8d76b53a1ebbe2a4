// Made from crds/policies.yaml by "make generate". Do not edit.
import type { CustomResourceDefinition } from "../crd.ts";

export const policiesCRD: CustomResourceDefinition = {
  "apiVersion": "apiextensions.k8s.io/v1",
  "kind": "CustomResourceDefinition",
  "metadata": {
    "name": "policies.conops.dev"
  },
  "spec": {
    "group": "conops.dev",
    "scope": "Cluster",
    "names": {
      "kind": "Policy",
      "listKind": "PolicyList",
      "plural": "policies",
      "singular": "policy",
      "shortNames": [
        "pol"
      ],
      "categories": [
        "conops"
      ]
    },
    "versions": [
      {
        "name": "v1alpha1",
        "served": true,
        "storage": true,
        "subresources": {
          "status": {}
        },
        "additionalPrinterColumns": [],
        "schema": {
          "openAPIV3Schema": {
            "description": "A Policy says what Compose projects may ask of the host, in a file that the controller is given by --policy. What it does not allow is refused: one without any field is the built-in policy \"restricted\".",
            "type": "object",
            "properties": {
              "apiVersion": {
                "description": "The version of this schema, conops.dev/v1alpha1.",
                "type": "string"
              },
              "kind": {
                "description": "The kind of this document, Policy.",
                "type": "string"
              },
              "metadata": {
                "description": "The name of the Policy.",
                "type": "object",
                "properties": {
                  "name": {
                    "description": "The name that messages call it by: at most 63 lower-case letters, digits and \"-\", beginning and ending with a letter or digit.",
                    "type": "string",
                    "maxLength": 63,
                    "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
                  }
                }
              },
              "spec": {
                "description": "What is allowed.",
                "type": "object",
                "default": {},
                "properties": {
                  "appliesTo": {
                    "description": "Whom it is for; without it, everybody. Of several Policies in a file, the first that is for an Application counts, alone; where none is, \"restricted\" does.",
                    "type": "object",
                    "x-kubernetes-validations": [
                      {
                        "rule": "has(self.applications) || has(self.labels)",
                        "message": "must name applications, labels or both"
                      }
                    ],
                    "properties": {
                      "applications": {
                        "description": "Names of Applications, with \"*\" for any part of one.",
                        "type": "array",
                        "minItems": 1,
                        "maxItems": 1000,
                        "x-kubernetes-list-type": "set",
                        "items": {
                          "description": "A name, or a pattern of names.",
                          "type": "string",
                          "maxLength": 63,
                          "pattern": "^[-a-z0-9*]+$"
                        }
                      },
                      "labels": {
                        "description": "Labels that the Application must have in metadata.labels, each with this value.",
                        "type": "object",
                        "minProperties": 1,
                        "additionalProperties": {
                          "description": "The value of the label.",
                          "type": "string"
                        }
                      }
                    }
                  },
                  "exceptions": {
                    "description": "Rules that do not hold for some Applications. Such a rule then allows them everything that it is about.",
                    "type": "array",
                    "maxItems": 1000,
                    "default": [],
                    "x-kubernetes-list-type": "atomic",
                    "items": {
                      "description": "Some Applications, and the rules that do not hold for them.",
                      "type": "object",
                      "required": [
                        "rules"
                      ],
                      "x-kubernetes-validations": [
                        {
                          "rule": "has(self.applications) || has(self.labels)",
                          "message": "must name applications, labels or both"
                        }
                      ],
                      "properties": {
                        "applications": {
                          "description": "Names of Applications, with \"*\" for any part of one.",
                          "type": "array",
                          "minItems": 1,
                          "maxItems": 1000,
                          "x-kubernetes-list-type": "set",
                          "items": {
                            "description": "A name, or a pattern of names.",
                            "type": "string",
                            "maxLength": 63,
                            "pattern": "^[-a-z0-9*]+$"
                          }
                        },
                        "labels": {
                          "description": "Labels that the Application must have in metadata.labels, each with this value.",
                          "type": "object",
                          "minProperties": 1,
                          "additionalProperties": {
                            "description": "The value of the label.",
                            "type": "string"
                          }
                        },
                        "rules": {
                          "description": "The rules, as messages call them.",
                          "type": "array",
                          "minItems": 1,
                          "x-kubernetes-list-type": "set",
                          "items": {
                            "description": "The name of a rule.",
                            "type": "string",
                            "enum": [
                              "privileged",
                              "host-namespaces",
                              "other-containers",
                              "capabilities",
                              "devices",
                              "gpus",
                              "security-options",
                              "no-new-privileges",
                              "sysctls",
                              "cgroup-parent",
                              "runtimes",
                              "annotations",
                              "host-priority",
                              "container-names",
                              "logging-drivers",
                              "models",
                              "docker-socket",
                              "host-paths",
                              "nested-mounts",
                              "volume-drivers",
                              "file-systems",
                              "external-volumes",
                              "external-networks",
                              "network-drivers",
                              "network-options",
                              "subnets",
                              "ports",
                              "port-addresses",
                              "images",
                              "image-digests",
                              "builds",
                              "build-images",
                              "build-contexts",
                              "build-host-access",
                              "unknown-fields"
                            ]
                          }
                        }
                      }
                    }
                  },
                  "privileged": {
                    "description": "Privileged containers, and privileged hooks (post_start, pre_stop). Such a container is root on the host.",
                    "type": "boolean",
                    "default": false
                  },
                  "hostNamespaces": {
                    "description": "Namespaces of the host that a container may live in, also by network_mode or a network named \"host\".",
                    "type": "array",
                    "default": [],
                    "x-kubernetes-list-type": "set",
                    "items": {
                      "description": "A namespace.",
                      "type": "string",
                      "enum": [
                        "network",
                        "pid",
                        "ipc",
                        "uts",
                        "user",
                        "cgroup"
                      ]
                    }
                  },
                  "otherContainers": {
                    "description": "Sharing with containers outside the project: network_mode, pid, ipc or volumes_from with container:NAME, and external_links.",
                    "type": "boolean",
                    "default": false
                  },
                  "capabilities": {
                    "description": "Capabilities that cap_add may name, such as NET_BIND_SERVICE; \"*\" for all.",
                    "type": "array",
                    "maxItems": 100,
                    "default": [],
                    "x-kubernetes-list-type": "set",
                    "items": {
                      "description": "A capability, with or without CAP_.",
                      "type": "string",
                      "maxLength": 63
                    }
                  },
                  "devices": {
                    "description": "Devices of the host, by path (\"/dev/ttyUSB0\", \"/dev/dri/*\") or CDI name (\"vendor.com/class=name\"); \"*\" for all, and only then device_cgroup_rules.",
                    "type": "array",
                    "maxItems": 1000,
                    "default": [],
                    "x-kubernetes-list-type": "set",
                    "items": {
                      "description": "A device, with \"*\" for any part of its name.",
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 1024
                    }
                  },
                  "gpus": {
                    "description": "GPUs and other devices that are asked for by gpus, or deploy.resources.reservations.devices.",
                    "type": "boolean",
                    "default": false
                  },
                  "securityOptions": {
                    "description": "What security_opt may hold, as KEY=VALUE with \"*\" for any part; no-new-privileges stands for itself. Written credentialspec=*, it allows credential_spec.",
                    "type": "array",
                    "maxItems": 100,
                    "default": [
                      "no-new-privileges"
                    ],
                    "x-kubernetes-list-type": "set",
                    "items": {
                      "description": "An option, such as seccomp=unconfined or label=*.",
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 1024
                    }
                  },
                  "noNewPrivileges": {
                    "description": "Each service must have no-new-privileges in its security_opt.",
                    "type": "boolean",
                    "default": false
                  },
                  "sysctls": {
                    "description": "Kernel parameters that sysctls may set, with \"*\" for any part, such as net.ipv4.*.",
                    "type": "array",
                    "maxItems": 1000,
                    "default": [],
                    "x-kubernetes-list-type": "set",
                    "items": {
                      "description": "A parameter.",
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 253
                    }
                  },
                  "cgroupParent": {
                    "description": "A cgroup of the host's in the place of the engine's own (cgroup_parent).",
                    "type": "boolean",
                    "default": false
                  },
                  "runtimes": {
                    "description": "Other runtimes than the engine's default one (runtime), and kinds of isolation; \"*\" for all.",
                    "type": "array",
                    "maxItems": 100,
                    "default": [],
                    "x-kubernetes-list-type": "set",
                    "items": {
                      "description": "The name of a runtime.",
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 253
                    }
                  },
                  "annotations": {
                    "description": "Annotations, which steer the runtime, by key, with \"*\" for any part.",
                    "type": "array",
                    "maxItems": 1000,
                    "default": [],
                    "x-kubernetes-list-type": "set",
                    "items": {
                      "description": "The key of an annotation.",
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 253
                    }
                  },
                  "hostPriority": {
                    "description": "Precedence over other processes of the host: oom_score_adj below 0, oom_kill_disable, real-time scheduling (cpu_rt_runtime, cpu_rt_period, the ulimits rtprio and nice).",
                    "type": "boolean",
                    "default": false
                  },
                  "containerNames": {
                    "description": "Names for containers (container_name), which the whole host shares.",
                    "type": "boolean",
                    "default": false
                  },
                  "loggingDrivers": {
                    "description": "Logging drivers that a service may name; \"*\" for all. Most send what they are told where they are told.",
                    "type": "array",
                    "maxItems": 100,
                    "default": [
                      "json-file",
                      "local",
                      "none"
                    ],
                    "x-kubernetes-list-type": "set",
                    "items": {
                      "description": "A logging driver.",
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 253
                    }
                  },
                  "models": {
                    "description": "Models, which Compose runs by a program of this machine, docker model.",
                    "type": "boolean",
                    "default": false
                  },
                  "dockerSocket": {
                    "description": "The socket of the Docker engine, or of another one on the host, mounted by whatever path leads to it: whoever may use it is root on the host.",
                    "type": "boolean",
                    "default": false
                  },
                  "hostPaths": {
                    "description": "Folders and files of the host that may be mounted, with all below them, by bind mounts and by volumes that are one. The Application's own checkout always may. Only \"/\" without readOnly also stands for the folders of ConOps itself.",
                    "type": "array",
                    "maxItems": 1000,
                    "default": [],
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": [
                      "path"
                    ],
                    "items": {
                      "description": "A folder or file of the host.",
                      "type": "object",
                      "required": [
                        "path"
                      ],
                      "properties": {
                        "path": {
                          "description": "Its absolute path.",
                          "type": "string",
                          "maxLength": 4096,
                          "pattern": "^/",
                          "x-kubernetes-validations": [
                            {
                              "rule": "self.split('/').all(part, part != '.' && part != '..')",
                              "message": "must be a path without . and .."
                            }
                          ]
                        },
                        "readOnly": {
                          "description": "It may be mounted read-only alone.",
                          "type": "boolean",
                          "default": false
                        }
                      }
                    }
                  },
                  "nestedMounts": {
                    "description": "A mount of what lies within another mount that a container may write to: it could put a link there that leads anywhere on the host, and the engine would follow it at the next start.",
                    "type": "boolean",
                    "default": false
                  },
                  "volumeDrivers": {
                    "description": "Drivers of volumes; \"*\" for all.",
                    "type": "array",
                    "maxItems": 100,
                    "default": [
                      "local"
                    ],
                    "x-kubernetes-list-type": "set",
                    "items": {
                      "description": "A driver.",
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 253
                    }
                  },
                  "fileSystems": {
                    "description": "File systems that a volume may mount by its driver_opts, such as nfs or cifs; \"*\" for all. A bind is not one of them: hostPaths is about it.",
                    "type": "array",
                    "maxItems": 100,
                    "default": [
                      "tmpfs"
                    ],
                    "x-kubernetes-list-type": "set",
                    "items": {
                      "description": "The type of a file system.",
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 63
                    }
                  },
                  "externalVolumes": {
                    "description": "Volumes that are not the project's own (external, or with a name of their own), with \"*\" for any part of a name.",
                    "type": "array",
                    "maxItems": 1000,
                    "default": [],
                    "x-kubernetes-list-type": "set",
                    "items": {
                      "description": "The name of a volume.",
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 253
                    }
                  },
                  "externalNetworks": {
                    "description": "Networks that are not the project's own (external, with a name of their own, or named by network_mode), with \"*\" for any part of a name.",
                    "type": "array",
                    "maxItems": 1000,
                    "default": [],
                    "x-kubernetes-list-type": "set",
                    "items": {
                      "description": "The name of a network.",
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 253
                    }
                  },
                  "networkDrivers": {
                    "description": "Drivers of networks; \"*\" for all. macvlan and ipvlan put containers onto the host's own network.",
                    "type": "array",
                    "maxItems": 100,
                    "default": [
                      "bridge"
                    ],
                    "x-kubernetes-list-type": "set",
                    "items": {
                      "description": "A driver.",
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 253
                    }
                  },
                  "networkOptions": {
                    "description": "Options of network drivers (driver_opts, ipam.options), by key, with \"*\" for any part.",
                    "type": "array",
                    "maxItems": 1000,
                    "default": [
                      "com.docker.network.driver.mtu"
                    ],
                    "x-kubernetes-list-type": "set",
                    "items": {
                      "description": "The key of an option.",
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 253
                    }
                  },
                  "subnets": {
                    "description": "Ranges that a network may choose its subnet from, such as 172.30.0.0/16; \"*\" for all. The host sends what is meant for a subnet to its containers.",
                    "type": "array",
                    "maxItems": 1000,
                    "default": [],
                    "x-kubernetes-list-type": "set",
                    "items": {
                      "description": "A range of addresses in CIDR notation.",
                      "type": "string",
                      "maxLength": 64,
                      "x-kubernetes-validations": [
                        {
                          "rule": "self == '*' || isCIDR(self) || isIP(self)",
                          "message": "must be an address, a range in CIDR notation or *"
                        }
                      ]
                    }
                  },
                  "ports": {
                    "description": "Ports of the host that may be published, such as \"8080\" or \"8000-8999\"; none forbids publishing. A port that the engine chooses needs one at least.",
                    "type": "array",
                    "maxItems": 1000,
                    "default": [
                      "1024-65535"
                    ],
                    "x-kubernetes-list-type": "set",
                    "items": {
                      "description": "A port or a range of ports, in quotes.",
                      "type": "string",
                      "pattern": "^[0-9]{1,5}(-[0-9]{1,5})?$",
                      "x-kubernetes-validations": [
                        {
                          "rule": "self.split('-').all(port, int(port) <= 65535) && int(self.split('-')[0]) <= int(self.split('-')[size(self.split('-')) - 1])",
                          "message": "must be a port up to 65535, or a range from a lower to a higher one"
                        }
                      ]
                    }
                  },
                  "portAddresses": {
                    "description": "Addresses of the host that ports may be published on, in CIDR notation; \"*\" for all, which also stands for none (every interface).",
                    "type": "array",
                    "maxItems": 1000,
                    "default": [
                      "127.0.0.0/8",
                      "::1/128"
                    ],
                    "x-kubernetes-list-type": "set",
                    "items": {
                      "description": "An address or a range of addresses.",
                      "type": "string",
                      "maxLength": 64,
                      "x-kubernetes-validations": [
                        {
                          "rule": "self == '*' || isCIDR(self) || isIP(self)",
                          "message": "must be an address, a range in CIDR notation or *"
                        }
                      ]
                    }
                  },
                  "images": {
                    "description": "Images that may run: a registry (\"ghcr.io\"), a part of one (\"ghcr.io/acme\", \"docker.io/library/nginx\"), or a pattern (\"*.example.com/shop-*\"); \"*\" for all. Short names are of docker.io.",
                    "type": "array",
                    "maxItems": 1000,
                    "default": [
                      "*"
                    ],
                    "x-kubernetes-list-type": "set",
                    "items": {
                      "description": "A registry, a part of one, or a pattern.",
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 255
                    }
                  },
                  "imageDigests": {
                    "description": "Each image must be pinned by its digest (@sha256:...), but for those that the project builds under a name of its own.",
                    "type": "boolean",
                    "default": false
                  },
                  "builds": {
                    "description": "Building images. What a Dockerfile builds upon, images does not see.",
                    "type": "boolean",
                    "default": true
                  },
                  "buildImages": {
                    "description": "Names that a build may give beside the project's own (PROJECT-SERVICE, PROJECT/...), as in images: another's name would replace his image on this host.",
                    "type": "array",
                    "maxItems": 1000,
                    "default": [],
                    "x-kubernetes-list-type": "set",
                    "items": {
                      "description": "A registry, a part of one, or a pattern.",
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 255
                    }
                  },
                  "buildContexts": {
                    "description": "Build contexts elsewhere than in the repository, with \"*\" for any part, such as https://git.example.com/*.",
                    "type": "array",
                    "maxItems": 1000,
                    "default": [],
                    "x-kubernetes-list-type": "set",
                    "items": {
                      "description": "The address of a context.",
                      "type": "string",
                      "minLength": 1,
                      "maxLength": 1024
                    }
                  },
                  "buildHostAccess": {
                    "description": "Builds with the host's network, privileged, with entitlements, with an SSH key or agent, or that store their cache somewhere (cache_to).",
                    "type": "boolean",
                    "default": false
                  },
                  "unknownFields": {
                    "description": "Fields of a Compose file that this version of ConOps does not know, and so cannot judge.",
                    "type": "boolean",
                    "default": false
                  }
                }
              },
              "status": {
                "description": "Nothing. A Policy is no resource, and nothing is observed of it.",
                "type": "object"
              }
            }
          }
        }
      }
    ]
  }
};
