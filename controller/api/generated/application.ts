// Made from crds/applications.yaml by "make generate". Do not edit.

/** A manifest as a person may write it. */
export interface ApplicationManifest {
  /**
   * The version of this resource's schema, conops.dev/v1alpha1.
   */
  apiVersion: "conops.dev/v1alpha1";
  /**
   * The kind of this resource, Application.
   */
  kind: "Application";
  /**
   * The name, labels and annotations of the Application.
   */
  metadata: {
    /**
     * The name, unique among the Applications of a registry: at most 63 lower-case letters, digits and "-", beginning and ending with a letter or digit.
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
   * What is wanted.
   */
  spec: {
    /**
     * While true, nothing is written to the host: no sync, no healing. Polling, observation and status go on.
     */
    suspend?: boolean;
    /**
     * Running keeps the project up. Stopped keeps it down, through commits, drift and restarts of the engine; containers and volumes stay.
     */
    state?: "Running" | "Stopped";
    /**
     * Where the desired state comes from.
     */
    source: {
      /**
       * The Git repository: an https, http, git or ssh URL, or the short form user@host:path. file: URLs and absolute local paths work only where the controller runs with --allow-file-repos. Never with credentials in it: they belong into a Secret.
       */
      repoURL: string;
      /**
       * What to follow: exactly one of branch, tag, semver and commit. Without it, the branch that the remote's HEAD names is followed.
       */
      revision?: {
        /**
         * The branch to follow, such as main, without refs/heads/.
         */
        branch?: string;
        /**
         * The tag to follow, such as v1.4, without refs/tags/. A tag that is moved is followed too.
         */
        tag?: string;
        /**
         * A range of semantic versions, such as ">=1.4 <2": the highest tag within it is followed. Tags may begin with "v". A prerelease counts only where the range names one of the same version. A tag that is moved is followed too, as are lower versions when the highest tag is removed.
         */
        semver?: string;
        /**
         * The full id of a commit, 40 hexadecimal digits. Nothing is polled.
         */
        commit?: string;
      };
      /**
       * What to deploy, relative to the root of the repository: a Compose file, or a directory that holds one under one of Compose's usual names.
       */
      path?: string;
      /**
       * The Secret with the credential for the repository, of type kubernetes.io/ssh-auth, kubernetes.io/basic-auth or conops.dev/bearer-token.
       */
      secretRef?: {
        /**
         * The name of the Secret.
         */
        name: string;
      };
      /**
       * Check out submodules too. Their URLs keep to the same rules as repoURL; they are read without a credential unless submoduleSecretRefs names one for their host.
       */
      submodules?: boolean;
      /**
       * The credentials for submodules, by host. Whoever may push to the repository chooses what its submodules are: name only a credential whose every repository they may read.
       *
       * @maxItems 16
       *
       * Items: The credential for the submodules of one host.
       */
      submoduleSecretRefs?: {
        /**
         * The host as the submodules' URLs name it, with a port where they have one, such as git.example.com or git.example.com:2222.
         */
        host: string;
        /**
         * The Secret, of a type as for source.secretRef.
         */
        secretRef: {
          /**
           * The name of the Secret.
           */
          name: string;
        };
      }[];
      /**
       * Deploy only what an allowed signer has signed. An unsigned or wrongly signed revision is never checked out to the running directory; what runs goes on.
       */
      verify?: {
        /**
         * HEAD asks for a signature of the commit that is deployed; Tag for one of the annotated tag that revision names (tag or semver).
         */
        mode?: "HEAD" | "Tag";
        /**
         * Who may sign with an SSH key, in the format of OpenSSH's allowed_signers file, a line for each.
         */
        allowedSigners?: string;
        /**
         * The public keys of those who may sign with OpenPGP, armored, one after another.
         */
        allowedPGPKeys?: string;
        /**
         * A Secret whose fields allowed_signers and allowed_pgp_keys hold the same; it adds to what stands here.
         */
        secretRef?: {
          /**
           * The name of the Secret.
           */
          name: string;
        };
      };
      /**
       * How often the remote is asked for news, as a duration such as 30s, 5m or 1h30m; at least 1s. Jitter only shortens it, to no less than nine tenths.
       */
      interval?: string;
    };
    /**
     * How the Compose project is made of what the source holds. Excludes manifests.
     */
    compose?: {
      /**
       * The name of the Compose project; by default metadata.name. It cannot change once it was applied.
       */
      projectName?: string;
      /**
       * Further Compose files, relative to the root of the repository, merged in this order over the first one (-f).
       *
       * @maxItems 64
       *
       * Items: A Compose file, relative to the root of the repository.
       */
      overrides?: string[];
      /**
       * The Compose profiles that are switched on.
       *
       * @maxItems 64
       *
       * Items: The name of a profile, or "*" for all of them.
       */
      profiles?: string[];
      /**
       * Variables for the interpolation of the Compose files.
       *
       * @maxItems 1000
       *
       * Items: One variable, with a value or with the place of its value.
       */
      env?: {
        /**
         * The name of the variable.
         */
        name: string;
        /**
         * The value. Quote what YAML would read as a number or as true or false.
         */
        value?: string;
        /**
         * Where the value comes from.
         */
        valueFrom?: {
          /**
           * A key of a Secret.
           */
          secretKeyRef: {
            /**
             * The name of the Secret.
             */
            name: string;
            /**
             * The key within the Secret.
             */
            key: string;
          };
        };
        /**
         * Also put the variable into the environment of every container.
         */
        inject?: boolean;
      }[];
      /**
       * Files of variables for interpolation, relative to the root of the repository; a later one wins over an earlier one, env over all of them.
       *
       * @maxItems 64
       *
       * Items: A file of variables, relative to the root of the repository.
       */
      envFiles?: string[];
      /**
       * Variables that may be unset in a bind source, path, port or image, where an unset variable is otherwise an error: "${DATA_DIR}/db" would mount /db.
       *
       * @maxItems 1000
       *
       * Items: The name of a variable.
       */
      allowUnset?: string[];
      /**
       * When images are pulled at a sync. missing and never keep an image that the host has; always takes what the registry has for the tag, and follows the tag when it moves there.
       */
      pull?: "missing" | "always" | "never";
      /**
       * Build the images of services that have a build section.
       */
      build?: boolean;
      /**
       * Take over a project of this name that somebody else brought up, even where that removes containers or changes mounts.
       */
      adopt?: boolean;
      /**
       * Secrets of type kubernetes.io/dockerconfigjson with the credentials of image registries, for pull, build and up. Of two that name one registry, the first wins. Without any, the logins of the user who runs ConOps are used.
       *
       * @maxItems 16
       *
       * Items: One Secret.
       */
      imagePullSecrets?: {
        /**
         * The name of the Secret.
         */
        name: string;
      }[];
    };
    /**
     * Deploy ConOps manifests instead of a Compose project: path is then a directory of manifests, which are written into the registry. Excludes compose. Not supported by this version of ConOps.
     */
    manifests?: {
      /**
       * Remove manifests from the registry that are no longer in the repository.
       */
      prune?: boolean;
    };
    /**
     * When and how changes are applied.
     */
    sync?: {
      /**
       * Apply new revisions and edits of this manifest without being asked. While false they wait for "conops sync".
       */
      automated?: boolean;
      /**
       * Restore what was applied when the host no longer matches it.
       */
      selfHeal?: boolean;
      /**
       * Remove containers of services that are no longer in the project.
       */
      prune?: boolean;
      /**
       * How long services may take to become healthy after a sync, as a duration such as 5m; at least 5s. Pull and build have limits of their own.
       */
      timeout?: string;
      /**
       * Return to the last healthy target when a service of a new one fails after a sync. Refused where a one-shot of the new one has run and is not labelled conops.dev/rollback: safe, or the definition of a volume changed. What was rolled back is not tried again until it changes, or on request.
       */
      rollbackOnFailure?: boolean;
    };
    /**
     * Applications that must be Ready before a new target of this one is applied. Not supported by this version of ConOps.
     *
     * @maxItems 64
     *
     * Items: An Application to wait for.
     */
    dependsOn?: {
      /**
       * The name of the Application.
       */
      name: string;
    }[];
    /**
     * Kinds of drift that are not healed, do not count as drift and do not make it OutOfSync, for what others change on purpose. They are shown as ignored, and a service that does not run is no healthier for it.
     *
     * @maxItems 64
     *
     * Items: Kinds to ignore, of one service or of all.
     */
    ignoreDifferences?: {
      /**
       * The service of the Compose project that it is about; every service where it is left out.
       */
      service?: string;
      /**
       * The kinds of drift. Orphan and Running are not among them: sync.prune and state are the switches for these.
       *
       * @minItems 1
       * @maxItems 32
       *
       * Items: A kind of drift.
       */
      kinds: (
        | "Missing"
        | "Created"
        | "Exited"
        | "Stopped"
        | "Unhealthy"
        | "Paused"
        | "Restarting"
        | "ConfigChanged"
        | "ImageChanged"
        | "FilesChanged"
        | "LocalChange"
        | "Scaled"
        | "NetworkDetached"
        | "NetworkChanged"
        | "VolumeChanged"
        | "Modified"
      )[];
    }[];
    /**
     * What becomes of the project when this manifest is deleted. Delete removes containers and networks and keeps volumes, DeleteVolumes removes the volumes too, Orphan leaves everything running. By default Delete for compose, Orphan for manifests.
     */
    deletionPolicy?: "Delete" | "DeleteVolumes" | "Orphan";
  };
}

/** The same, after the defaults were filled in. */
export interface ApplicationWithDefaults {
  /**
   * The version of this resource's schema, conops.dev/v1alpha1.
   */
  apiVersion: "conops.dev/v1alpha1";
  /**
   * The kind of this resource, Application.
   */
  kind: "Application";
  /**
   * The name, labels and annotations of the Application.
   */
  metadata: {
    /**
     * The name, unique among the Applications of a registry: at most 63 lower-case letters, digits and "-", beginning and ending with a letter or digit.
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
   * What is wanted.
   */
  spec: {
    /**
     * While true, nothing is written to the host: no sync, no healing. Polling, observation and status go on.
     */
    suspend: boolean;
    /**
     * Running keeps the project up. Stopped keeps it down, through commits, drift and restarts of the engine; containers and volumes stay.
     */
    state: "Running" | "Stopped";
    /**
     * Where the desired state comes from.
     */
    source: {
      /**
       * The Git repository: an https, http, git or ssh URL, or the short form user@host:path. file: URLs and absolute local paths work only where the controller runs with --allow-file-repos. Never with credentials in it: they belong into a Secret.
       */
      repoURL: string;
      /**
       * What to follow: exactly one of branch, tag, semver and commit. Without it, the branch that the remote's HEAD names is followed.
       */
      revision?: {
        /**
         * The branch to follow, such as main, without refs/heads/.
         */
        branch?: string;
        /**
         * The tag to follow, such as v1.4, without refs/tags/. A tag that is moved is followed too.
         */
        tag?: string;
        /**
         * A range of semantic versions, such as ">=1.4 <2": the highest tag within it is followed. Tags may begin with "v". A prerelease counts only where the range names one of the same version. A tag that is moved is followed too, as are lower versions when the highest tag is removed.
         */
        semver?: string;
        /**
         * The full id of a commit, 40 hexadecimal digits. Nothing is polled.
         */
        commit?: string;
      };
      /**
       * What to deploy, relative to the root of the repository: a Compose file, or a directory that holds one under one of Compose's usual names.
       */
      path: string;
      /**
       * The Secret with the credential for the repository, of type kubernetes.io/ssh-auth, kubernetes.io/basic-auth or conops.dev/bearer-token.
       */
      secretRef?: {
        /**
         * The name of the Secret.
         */
        name: string;
      };
      /**
       * Check out submodules too. Their URLs keep to the same rules as repoURL; they are read without a credential unless submoduleSecretRefs names one for their host.
       */
      submodules: boolean;
      /**
       * The credentials for submodules, by host. Whoever may push to the repository chooses what its submodules are: name only a credential whose every repository they may read.
       *
       * @maxItems 16
       *
       * Items: The credential for the submodules of one host.
       */
      submoduleSecretRefs: {
        /**
         * The host as the submodules' URLs name it, with a port where they have one, such as git.example.com or git.example.com:2222.
         */
        host: string;
        /**
         * The Secret, of a type as for source.secretRef.
         */
        secretRef: {
          /**
           * The name of the Secret.
           */
          name: string;
        };
      }[];
      /**
       * Deploy only what an allowed signer has signed. An unsigned or wrongly signed revision is never checked out to the running directory; what runs goes on.
       */
      verify?: {
        /**
         * HEAD asks for a signature of the commit that is deployed; Tag for one of the annotated tag that revision names (tag or semver).
         */
        mode: "HEAD" | "Tag";
        /**
         * Who may sign with an SSH key, in the format of OpenSSH's allowed_signers file, a line for each.
         */
        allowedSigners?: string;
        /**
         * The public keys of those who may sign with OpenPGP, armored, one after another.
         */
        allowedPGPKeys?: string;
        /**
         * A Secret whose fields allowed_signers and allowed_pgp_keys hold the same; it adds to what stands here.
         */
        secretRef?: {
          /**
           * The name of the Secret.
           */
          name: string;
        };
      };
      /**
       * How often the remote is asked for news, as a duration such as 30s, 5m or 1h30m; at least 1s. Jitter only shortens it, to no less than nine tenths.
       */
      interval: string;
    };
    /**
     * How the Compose project is made of what the source holds. Excludes manifests.
     */
    compose?: {
      /**
       * The name of the Compose project; by default metadata.name. It cannot change once it was applied.
       */
      projectName?: string;
      /**
       * Further Compose files, relative to the root of the repository, merged in this order over the first one (-f).
       *
       * @maxItems 64
       *
       * Items: A Compose file, relative to the root of the repository.
       */
      overrides: string[];
      /**
       * The Compose profiles that are switched on.
       *
       * @maxItems 64
       *
       * Items: The name of a profile, or "*" for all of them.
       */
      profiles: string[];
      /**
       * Variables for the interpolation of the Compose files.
       *
       * @maxItems 1000
       *
       * Items: One variable, with a value or with the place of its value.
       */
      env: {
        /**
         * The name of the variable.
         */
        name: string;
        /**
         * The value. Quote what YAML would read as a number or as true or false.
         */
        value?: string;
        /**
         * Where the value comes from.
         */
        valueFrom?: {
          /**
           * A key of a Secret.
           */
          secretKeyRef: {
            /**
             * The name of the Secret.
             */
            name: string;
            /**
             * The key within the Secret.
             */
            key: string;
          };
        };
        /**
         * Also put the variable into the environment of every container.
         */
        inject: boolean;
      }[];
      /**
       * Files of variables for interpolation, relative to the root of the repository; a later one wins over an earlier one, env over all of them.
       *
       * @maxItems 64
       *
       * Items: A file of variables, relative to the root of the repository.
       */
      envFiles: string[];
      /**
       * Variables that may be unset in a bind source, path, port or image, where an unset variable is otherwise an error: "${DATA_DIR}/db" would mount /db.
       *
       * @maxItems 1000
       *
       * Items: The name of a variable.
       */
      allowUnset: string[];
      /**
       * When images are pulled at a sync. missing and never keep an image that the host has; always takes what the registry has for the tag, and follows the tag when it moves there.
       */
      pull: "missing" | "always" | "never";
      /**
       * Build the images of services that have a build section.
       */
      build: boolean;
      /**
       * Take over a project of this name that somebody else brought up, even where that removes containers or changes mounts.
       */
      adopt: boolean;
      /**
       * Secrets of type kubernetes.io/dockerconfigjson with the credentials of image registries, for pull, build and up. Of two that name one registry, the first wins. Without any, the logins of the user who runs ConOps are used.
       *
       * @maxItems 16
       *
       * Items: One Secret.
       */
      imagePullSecrets: {
        /**
         * The name of the Secret.
         */
        name: string;
      }[];
    };
    /**
     * Deploy ConOps manifests instead of a Compose project: path is then a directory of manifests, which are written into the registry. Excludes compose. Not supported by this version of ConOps.
     */
    manifests?: {
      /**
       * Remove manifests from the registry that are no longer in the repository.
       */
      prune: boolean;
    };
    /**
     * When and how changes are applied.
     */
    sync: {
      /**
       * Apply new revisions and edits of this manifest without being asked. While false they wait for "conops sync".
       */
      automated: boolean;
      /**
       * Restore what was applied when the host no longer matches it.
       */
      selfHeal: boolean;
      /**
       * Remove containers of services that are no longer in the project.
       */
      prune: boolean;
      /**
       * How long services may take to become healthy after a sync, as a duration such as 5m; at least 5s. Pull and build have limits of their own.
       */
      timeout: string;
      /**
       * Return to the last healthy target when a service of a new one fails after a sync. Refused where a one-shot of the new one has run and is not labelled conops.dev/rollback: safe, or the definition of a volume changed. What was rolled back is not tried again until it changes, or on request.
       */
      rollbackOnFailure: boolean;
    };
    /**
     * Applications that must be Ready before a new target of this one is applied. Not supported by this version of ConOps.
     *
     * @maxItems 64
     *
     * Items: An Application to wait for.
     */
    dependsOn: {
      /**
       * The name of the Application.
       */
      name: string;
    }[];
    /**
     * Kinds of drift that are not healed, do not count as drift and do not make it OutOfSync, for what others change on purpose. They are shown as ignored, and a service that does not run is no healthier for it.
     *
     * @maxItems 64
     *
     * Items: Kinds to ignore, of one service or of all.
     */
    ignoreDifferences: {
      /**
       * The service of the Compose project that it is about; every service where it is left out.
       */
      service?: string;
      /**
       * The kinds of drift. Orphan and Running are not among them: sync.prune and state are the switches for these.
       *
       * @minItems 1
       * @maxItems 32
       *
       * Items: A kind of drift.
       */
      kinds: (
        | "Missing"
        | "Created"
        | "Exited"
        | "Stopped"
        | "Unhealthy"
        | "Paused"
        | "Restarting"
        | "ConfigChanged"
        | "ImageChanged"
        | "FilesChanged"
        | "LocalChange"
        | "Scaled"
        | "NetworkDetached"
        | "NetworkChanged"
        | "VolumeChanged"
        | "Modified"
      )[];
    }[];
    /**
     * What becomes of the project when this manifest is deleted. Delete removes containers and networks and keeps volumes, DeleteVolumes removes the volumes too, Orphan leaves everything running. By default Delete for compose, Orphan for manifests.
     */
    deletionPolicy?: "Delete" | "DeleteVolumes" | "Orphan";
  };
}
