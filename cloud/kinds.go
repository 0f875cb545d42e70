// SPDX-License-Identifier: Apache-2.0

package cloud

import "strings"

// The kinds that First light collects.
const (
	AccountKind      Kind = "account"
	RegionKind       Kind = "region"
	Organisation     Kind = "organisation"
	Guardrail        Kind = "guardrail"
	Identity         Kind = "identity"
	Role             Kind = "role"
	Credential       Kind = "credential"
	Policy           Kind = "permission-policy"
	ProviderPolicy   Kind = "provider-policy"
	Group            Kind = "group"
	ObjectStore      Kind = "object-store"
	Disk             Kind = "disk"
	DiskSnapshot     Kind = "disk-snapshot"
	Machine          Kind = "machine"
	MachineImage     Kind = "machine-image"
	MachineGroup     Kind = "machine-group"
	Network          Kind = "network"
	Subnet           Kind = "subnet"
	Firewall         Kind = "firewall"
	Interconnect     Kind = "interconnect"
	NetworkInterface Kind = "network-interface"
	RouteTable       Kind = "route-table"
	Endpoint         Kind = "service-endpoint"
	Tenant           Kind = "tenant"
	Principal        Kind = "principal"
	LoadBalancer     Kind = "load-balancer"
	Listener         Kind = "listener"
	Key              Kind = "key"
	Secret           Kind = "secret"
	Certificate      Kind = "certificate"
	Database         Kind = "database"
	Table            Kind = "table"
	FileStore        Kind = "file-store"
	Cache            Kind = "cache"
	Queue            Kind = "queue"
	Topic            Kind = "topic"
	Function         Kind = "function"
	Cluster          Kind = "cluster"
	Registry         Kind = "registry"
	LogTrail         Kind = "log-trail"
	LogStore         Kind = "log-store"
	Alarm            Kind = "alarm"
	BackupPlan       Kind = "backup-plan"
	BackupVault      Kind = "backup-vault"
	Host             Kind = "host"
	HostAccount      Kind = "host-account"
	ControlPlane     Kind = "control-plane"
	Namespace        Kind = "namespace"
	Workload         Kind = "workload"
	ClusterRole      Kind = "cluster-role"
	ClusterBinding   Kind = "cluster-binding"
	ServiceAccount   Kind = "service-account"
	ClusterService   Kind = "cluster-service"
	Ingress          Kind = "ingress"
	NetworkPolicy    Kind = "network-policy"
	Node             Kind = "node"
	StorageClass     Kind = "storage-class"
	AdmissionWebhook Kind = "admission-webhook"
)

// Type is the type of an attribute.
type Type string

// The types of attributes, with their Go form in Resource.Attributes.
const (
	String  Type = "string"  // string; "" means none
	Bool    Type = "bool"    // bool
	Int     Type = "int"     // int64
	Time    Type = "time"    // time.Time, RFC 3339 in files; the zero time means never
	Strings Type = "strings" // []any of string, sorted
	Rules   Type = "rules"   // []any of map[string]any, see Firewall
)

// Attribute is one fact of a kind.
type Attribute struct {
	Name string
	Type Type
	Doc  string
}

// Spec describes a kind.
type Spec struct {
	Kind       Kind
	Doc        string
	Attributes []Attribute
}

// Attribute gives the attribute called name.
func (s Spec) Attribute(name string) (Attribute, bool) {
	for _, a := range s.Attributes {
		if a.Name == name {
			return a, true
		}
	}
	return Attribute{}, false
}

// Kinds lists every kind with its attributes, in a fixed order. The slice is
// the caller's.
func Kinds() []Spec {
	specs := make([]Spec, 0, len(kinds))
	for _, k := range kinds {
		specs = append(specs, Spec{Kind: k.kind, Doc: k.doc, Attributes: parse(k.attributes)})
	}
	return specs
}

func parse(lines string) []Attribute {
	var out []Attribute
	for line := range strings.Lines(strings.TrimSpace(lines)) {
		f := strings.SplitN(strings.TrimSpace(line), " ", 3)
		out = append(out, Attribute{Name: f[0], Type: Type(f[1]), Doc: f[2]})
	}
	return out
}

// kinds is read-only. One line an attribute: name, type, meaning. "Effective"
// means that every rule of the provider that bears on it was weighed by the
// collector, so that a check can ask one plain question.
var kinds = [...]struct {
	kind       Kind
	doc        string
	attributes string
}{
	{AccountKind, "an account, subscription or project; one resource each", `
		root_mfa bool the all-powerful first user signs in with a second factor
		root_access_keys int active access keys of that user
		root_last_used time when that user last signed in or used a key
		password_min_length int shortest password allowed; 0 without a policy
		password_reuse_prevention int how many old passwords are refused
		password_complexity bool capitals, small letters, digits and symbols are all demanded
		federated bool people sign in through an identity provider
		support_role bool a role for calling the provider's support in an incident exists
		security_contact bool a security contact is registered
		object_store_public_block bool a block over the whole account forbids public object stores, fully on
		organisation_member bool the account belongs to an organisation
		alarm_root_use bool use of that first user raises an alarm that reaches a subscriber
		alarm_failed_sign_in bool failed sign-ins raise an alarm that reaches a subscriber
		organisation_units strings the root and the units of the organisation that it stands below; empty outside of one, and for the account that manages it`},
	{RegionKind, "an account's settings in one region; one resource each", `
		used bool the region holds machines, databases, functions or networks beyond the default ones
		disk_encryption_default bool new disks are encrypted without asking
		serial_console bool the serial console of machines is allowed
		recorder_on bool the configuration recorder runs
		recorder_all_types bool it records every type of resource
		threat_detection bool the provider's threat detection runs
		posture_service bool the provider's posture service is on
		posture_standards int standards switched on in it
		vulnerability_scan_machines bool machines are scanned for known flaws
		vulnerability_scan_images bool container images are scanned for known flaws
		access_analyser bool an analyser of external access runs`},
	{Organisation, "the organisation over accounts", `
		guardrails int guard-rail policies attached beyond the default allow-all
		region_restricted bool an attached guard-rail limits the regions
		accounts int accounts in it`},
	{Guardrail, "a policy of the organisation over its accounts", `
		default bool it is the provider's own allow-all
		attached int targets that it is attached to
		restricts_regions bool it denies regions outside a list
		type string what it limits: identities or resources
		targets strings the root, units and accounts that it is attached to
		document string its text, in the provider's form`},
	{Identity, "a person or program that signs in", `
		console_access bool it may sign in with a password
		mfa bool it has a second factor
		admin bool its effective rights are those of an administrator
		direct_policies int policies attached or written directly on it
		groups strings groups that it belongs to
		policies strings the policies attached to it or written into it
		boundary string the policy that bounds what others give it; empty without one
		created time when it was made
		password_last_used time when the password was last used`},
	{Role, "an identity that others assume", `
		admin bool its effective rights are those of an administrator
		trust_public bool anyone may assume it, without a condition
		trust_external strings outside accounts that may assume it without a condition
		trust_requires_mfa bool its trust demands a second factor
		trusted_by strings kinds of trusted principal: account, service, federated, anyone
		service_linked bool the provider made it for its own service
		trust_tenants strings tenants other than its own whose accounts may assume it; empty when it has no tenant
		policies strings the policies attached to it or written into it
		boundary string the policy that bounds what others give it; empty without one
		trust string who may assume it, in the provider's form
		profiles strings what carries it onto machines; empty when nothing does
		created time when it was made
		last_used time when it was last assumed`},
	{Credential, "a long-lived secret of an identity, such as an access key or a password", `
		type string access-key or password
		active bool it can be used
		owner string the identity
		created time when it was made or last changed
		last_used time when it was last used`},
	{Policy, "a permission policy that the customer wrote", `
		wildcard bool it allows every action on every resource
		attached int identities, groups and roles that hold it
		inline bool it is written into its holder
		document string its text, in the provider's form
		versions strings texts of its versions that are not in force`},
	{ProviderPolicy, "a permission policy that the provider wrote and that an identity holds", `
		document string its text, in the provider's form`},
	{Group, "a group of identities", `
		policies strings the policies attached to it or written into it`},
	{ObjectStore, "a bucket or container of objects", `
		public bool effectively readable or writable by everyone
		public_block bool its own public access block is fully on
		encrypted bool objects are encrypted at rest
		customer_key bool with a key that the customer manages
		tls_only bool plain HTTP is refused
		versioning bool old versions are kept
		access_logging bool reads and writes are logged by the store itself
		data_events bool the audit trail records reads and writes of its objects
		lifecycle_expiry bool a rule removes objects after a time
		object_lock bool objects can be locked against deletion
		lock_days int default lock in days; 0 without
		holds_audit_logs bool an audit trail delivers into it`},
	{Disk, "a block storage volume", `
		encrypted bool at rest
		attached bool to a machine
		created time when it was made
		backed_up bool a backup plan selects it`},
	{DiskSnapshot, "a copy of a disk or database at a point in time", `
		public bool everyone may restore it
		shared_with strings accounts that may restore it
		encrypted bool at rest
		created time when it was made`},
	{Machine, "a virtual machine", `
		state string running or stopped
		metadata_token bool the metadata service demands a session token
		public_address string its public address
		public_tier bool its tags or its subnet's tags mark the public tier
		managed bool patch management reaches it
		missing_patches int missing critical or security patches
		startup_secret bool its start-up script holds a password or key
		delete_protected bool one call cannot delete it
		image string its image
		profile string what carries its role; empty without a role
		backed_up bool a backup plan selects it`},
	{MachineImage, "an image that machines start from, owned by the customer", `
		public bool everyone may start it
		shared_with strings accounts that may start it
		encrypted bool at rest
		created time when it was made`},
	{MachineGroup, "a group of machines that scales", `
		minimum int machines at least
		maximum int machines at most
		alarm bool an alarm watches the group
		zones int availability zones it spans`},
	{Network, "a virtual private network of the customer", `
		default bool the provider made it
		flow_log bool an active flow log covers all its traffic, or all that was refused
		time_servers strings time servers that it hands out to machines; empty when it hands out none
		cidrs strings address ranges
		internet_gateway string its gateway to the internet; empty without one`},
	{Subnet, "a part of a network", `
		public bool a route leads to the internet
		auto_public_address bool machines get a public address by themselves
		network string its network
		flow_log bool a flow log covers it
		cidrs strings address ranges
		route_table string the table of routes that its packets ask
		firewalls strings packet rules at its border`},
	{Firewall, "a set of packet rules: security group, network ACL, firewall policy", `
		rules rules each: direction in|out, allow bool, protocol tcp|udp|icmp|all, from_port int, to_port int, internet bool (v4 or v6 from anywhere), sources strings; ordered as they are applied, and only effective ones for ordered lists
		default bool the provider's default set of its network
		stateless bool rules are judged packet by packet
		zone string the zone that tags declare: public, private, data, admin
		network string its network`},
	{Interconnect, "a peering or transit that joins networks", `
		tenants strings tenants of the joined networks, by tag
		stages strings stages of the joined networks, by tag
		routed bool routes lead through it
		active bool it is accepted and up
		references bool packet rules that name a firewall know its members across it`},
	{NetworkInterface, "a network interface, whatever it belongs to", `
		network string its network
		subnet string its subnet
		addresses strings its private addresses, and those of IPv6
		public_address string the address by which the internet reaches it; empty without one
		attached string the resource that it belongs to; empty when the provider names none
		type string what made it: interface, balancer, database, endpoint, translation or the provider's own word
		firewalls strings packet rules that guard it`},
	{RouteTable, "a table of routes: of subnets, or of a transit that joins networks", `
		network string its network; empty for the table of a transit
		transit string the interconnect whose table it is; empty for a network's
		users strings the subnets, or networks at a transit, whose packets ask it
		routes strings each: range, way and target; the way is local, through, attached, internet, outward, service, elsewhere, drop or appliance`},
	{Endpoint, "a private way to a service, or a service that is offered so", `
		service string the name of the service
		offered bool it is the service, and not a way to it
		interfaces strings its network interfaces
		balancers strings load balancers that answer for it, where it is offered`},
	{Tenant, "a tenant of the organisation, as its machines can send packets; computed from the networks that were seen", `
		machines int machines, balancers and databases of it
		reaches strings other tenants that its machines reach, each with the packet
		administered bool machines of the administration network are known
		reaches_administration strings how its machines reach the administration network`},
	{Principal, "an identity with what it can become; computed from all policies and trust that were seen", `
		sort string user, role, root, outside account, anyone or identity provider
		administrator bool it has all rights
		escalates strings how it makes itself an administrator, by the shortest path; empty when it does not
		assumes strings how assuming roles makes it an administrator; empty when it does not
		standing bool its rights stand, and are not lent for a session
		second_factor bool a second factor stands before its use
		created time when it was made; never for what is no user and no role
		last_used time when it was last used`},
	{LoadBalancer, "a load balancer", `
		internet_facing bool the internet reaches it
		access_logging bool requests are logged
		delete_protected bool one call cannot delete it
		subnets strings the subnets that it stands in
		firewalls strings packet rules that guard it
		targets strings each: protocol, port there and target, and "keeps" where the target may see the sender's address`},
	{Listener, "an open port of a load balancer", `
		protocol string HTTP, HTTPS, TCP, TLS, UDP
		port int the port
		internet_facing bool the internet reaches it
		redirects_to_tls bool all it does is redirect to HTTPS
		tls_min string lowest TLS version, such as 1.2; empty without TLS`},
	{Key, "an encryption key", `
		customer_managed bool the customer manages it
		symmetric bool it is symmetric and made by the provider's service
		state string enabled, disabled, pending-deletion
		rotation bool it rotates every year
		public bool its policy lets everyone use it
		external_accounts strings unknown accounts that its policy lets in without a condition
		in_use bool a collected resource is encrypted with it
		tenants strings tenants of the collected resources that are encrypted with it`},
	{Secret, "a stored secret", `
		rotation bool it rotates by itself
		changed time when it last changed
		customer_key bool it is encrypted with a key that the customer manages
		public bool its policy lets everyone read it`},
	{Certificate, "a TLS certificate", `
		expires time when it ends
		renews bool the provider renews it
		in_use bool a resource presents it`},
	{Database, "a managed database", `
		engine string such as postgres
		encrypted bool at rest
		public bool it has a public address
		backup_days int days that automatic backups are kept
		delete_protected bool one call cannot delete it
		tls_required bool it refuses connections without TLS
		audit_log bool its audit log is exported
		multi_zone bool it has a standby in another zone
		backed_up bool a backup plan selects it
		port int the port that it listens on
		subnets strings the subnets that it may stand in
		firewalls strings packet rules that guard it`},
	{Table, "a managed key-value table", `
		customer_key bool it is encrypted with a key that the customer manages
		point_in_time_recovery bool it can be restored to any second
		delete_protected bool one call cannot delete it
		backed_up bool a backup plan selects it`},
	{FileStore, "a managed file system", `
		encrypted bool at rest
		tls_only bool mounts without TLS are refused
		backed_up bool a backup plan selects it`},
	{Cache, "a managed cache", `
		encrypted bool at rest
		tls_required bool it refuses connections without TLS
		auth bool clients sign in`},
	{Queue, "a message queue", `
		encrypted bool at rest
		public bool its policy lets everyone send or receive
		tls_only bool plain HTTP is refused`},
	{Topic, "a publish and subscribe topic", `
		encrypted bool at rest
		public bool its policy lets everyone publish or subscribe
		subscribers int confirmed subscriptions`},
	{Function, "a function without a server", `
		runtime string such as python3.13
		runtime_supported bool the provider still mends the runtime
		plain_secret bool its environment holds a password or key in the clear
		public bool everyone may invoke it
		role string the role that it runs as`},
	{Cluster, "a managed Kubernetes cluster", `
		endpoint_open bool the whole internet reaches its API
		audit_log bool the API's audit log is exported
		secrets_encrypted bool secrets are encrypted with a customer's key
		version string of Kubernetes`},
	{Registry, "a registry of container images", `
		scan_on_push bool images are scanned when they arrive
		immutable_tags bool a tag cannot be moved
		public bool everyone may pull`},
	{LogTrail, "an audit trail of calls to the provider's API", `
		logging bool it is switched on
		multi_region bool it covers every region
		management_events bool it records reads and writes of management
		validation bool its files carry digests
		customer_key bool its files are encrypted with a key
		store string the object store it delivers to
		organisation bool it covers the whole organisation
		delivery_error string the last error of delivery`},
	{LogStore, "a log group", `
		retention_days int days that events are kept; 0 means for ever
		customer_key bool it is encrypted with a key that the customer manages`},
	{Alarm, "an alarm on a metric", `
		metric string the metric
		events strings root-use and failed-sign-in where its metric counts them
		reaches_subscriber bool its action leads to a topic with a subscriber
		enabled bool its actions are on`},
	{BackupPlan, "a plan that makes backups", `
		rules int rules in it
		keep_days int shortest retention among its rules; 0 means for ever
		copies_elsewhere bool a rule copies to another region or account`},
	{BackupVault, "a vault that keeps backups", `
		locked bool recovery points cannot be deleted before their time
		public bool its policy lets everyone in`},
	{Host, "a machine's operating system, as its own files and kernel tell of it", `
		image bool it is an image or a mounted disk, and nothing of it runs
		os string distribution and release, such as debian 12
		support_ends time when free security updates of that release end
		kernel string the kernel that runs; of an image the newest that is installed
		boot_options strings what the boot loader told the kernel
		cpu_flaws strings flaws of the processor that the kernel leaves open
		reboot_pending bool an update waits for a restart
		secure_boot bool the firmware checks what it starts
		lockdown string what the kernel keeps even from root: none, integrity, confidentiality
		mandatory_access string selinux or apparmor where it enforces; empty where nothing does
		sysctls strings each name=value, of those kernel settings that bear on security
		modules_blocked strings kernel modules that cannot be loaded by themselves
		modules_loaded strings kernel modules that are loaded
		packages int packages installed
		known_flaws strings each: advisory, severity, package and version, and the version that mends it; by the advisories that were given
		severe_flaws int of these, high or critical
		updates_automatic bool security updates are installed without a person
		services strings services that start by themselves
		open_ports strings each: protocol/port and program, of sockets that others can reach
		undeclared_ports strings those of them that its tag ports does not name; all without the tag
		firewall string what guards its ports: ufw, firewalld, nftables, iptables; empty for nothing
		firewall_drops bool it drops what no rule of it lets in
		ssh_server bool an SSH server is installed
		ssh_settings strings each name=value, in force for whoever no Match block names
		ssh_exceptions strings each: the condition of a Match block and what it sets otherwise
		ssh_weak strings weak ciphers, MACs and key exchanges that its SSH server offers
		sudo_unasked strings rules of sudo that ask no password, each: who, and for what
		sudo_pty bool sudo runs every command on a terminal of its own
		sudo_logged bool sudo keeps a log file, or a record of the session
		password_min_length int shortest password allowed; 0 without a rule
		password_lockout bool failed sign-ins lock an account
		root_accounts strings accounts with the user id 0
		empty_passwords strings accounts that sign in with no password
		disks_plain strings where file systems are mounted, and swap lies, on a device that is not encrypted
		mounts strings each: where and with which options
		audit_daemon bool the audit daemon starts by itself
		audit_rules int rules of audit
		audit_watches strings of identity, sudo, time, login and modules, what the rules watch
		audit_immutable bool its rules cannot be changed before a restart
		time_service string what sets the clock: chrony, timesyncd, ntpd; empty for nothing
		time_sources strings servers that the clock is set by
		time_synchronised bool the kernel holds the clock for synchronised
		time_offset_ms int how far the clock was from its source, by the latest measure of the time service
		log_targets strings each: where system logs are sent, and tls or plain
		journal_persistent bool the journal outlives a restart
		journal_limited bool the journal has a limit of size or time of its own
		agents strings agents of management, detection and logging that start by themselves
		weak_files strings files whose owner or mode lets in more than they must, each: path, mode, owner
		hypervisor bool it runs virtual machines of others
		guests int virtual machines defined on it
		guests_open strings guests without a confining label, or with a disk that others may write too
		bridges strings network bridges, each: its name and the interfaces of the machine that it joins
		undeclared_bridges strings those of them that no tag bridge/NAME declares so; all without the tags
		memory_shared bool equal pages of guests are merged
		nested bool guests may run guests
		threads_shared bool two guests may run on the threads of one processor core`},
	{HostAccount, "an account of a machine that somebody may sign in with", `
		uid int its number
		shell string what starts when it signs in
		password string none, set, empty or locked
		hash string the scheme that its password is kept with, such as yescrypt or sha512; empty without a password
		password_changed time when the password was changed
		password_max_days int after how many days it must be changed; 0 means never
		keys int keys with which it signs in over SSH
		admin bool it is root, or sudo lets it become root`},
	{ControlPlane, "what governs a Kubernetes cluster: its API server", `
		version string of Kubernetes
		support_ends time when upstream ends patches of that version
		flags_seen bool the API server runs as a pod whose flags can be read
		anonymous bool requests without a sign-in are let through to authorisation
		authorisation strings ways in which requests are allowed, such as RBAC
		admission strings admission plug-ins that are switched on beyond the default ones
		audit_log bool it writes an audit log by a policy
		audit_days int days that the files of its audit log are kept; 0 for no limit of days
		profiling bool profiles of the server can be taken over the network`},
	{Namespace, "a namespace of a Kubernetes cluster", `
		system bool Kubernetes itself made it
		workloads int workloads in it
		pod_security string the level that pods must keep: privileged, baseline, restricted; empty when none is set
		denies_in bool a policy denies every connection to its pods that no other lets in
		denies_out bool a policy denies every connection from its pods that no other lets out
		quota bool a quota limits what it uses
		limits bool a limit range gives containers limits that name none`},
	{Workload, "something that runs containers in a Kubernetes cluster: deployment, daemon set, stateful set, job, or a pod of its own", `
		namespace string its namespace
		system bool it is part of Kubernetes itself
		privileged strings containers that run privileged
		host_namespaces strings namespaces of its node that it shares: network, pid, ipc
		host_paths strings paths of its node that it mounts
		root strings containers that may run as root
		escalates strings containers whose processes may gain rights
		capabilities strings containers that do not drop all capabilities, or add others than NET_BIND_SERVICE
		seccomp_open strings containers without a seccomp profile
		writable strings containers that may write to their root file system
		images strings images of its containers
		loose_images strings those of them that are fixed by no digest
		unlimited strings containers without a limit of memory or of processor
		host_ports strings ports of its node that it takes, each: container and port
		service_account string the account that it runs under
		token bool the token of that account is mounted
		plain_secrets strings variables whose name tells of a secret and whose value stands in the manifest`},
	{ClusterRole, "a role of a Kubernetes cluster or namespace", `
		namespace string its namespace; empty for the whole cluster
		default bool Kubernetes itself made it
		wildcard bool it allows every verb on every resource
		reads_secrets bool it lets read secrets
		enters_pods bool it lets run commands in running pods
		escalates bool it lets give rights that one has not: bind, escalate, impersonate
		subjects strings who is bound to it, each: user, group or service-account, and the name`},
	{ClusterBinding, "a binding of a role of a Kubernetes cluster", `
		namespace string where it holds; empty for the whole cluster
		default bool Kubernetes itself made it
		role string the role
		admin bool the role may do everything, in the whole cluster
		subjects strings who holds it, each: user, group or service-account, and the name
		anonymous bool everyone holds it, also without a sign-in`},
	{ServiceAccount, "an account for the programs of a Kubernetes cluster", `
		namespace string its namespace
		system bool it is part of Kubernetes itself
		default bool the one that pods get which name none
		token bool pods get its token when they say nothing
		roles strings roles that it is bound to
		admin bool one of them may do everything, in the whole cluster`},
	{ClusterService, "a service that pods of a Kubernetes cluster offer", `
		namespace string its namespace
		type string ClusterIP, NodePort, LoadBalancer or ExternalName
		ports strings each: protocol/port
		external bool it can be reached from outside the cluster
		inner bool its load balancer has an address of the inner network alone
		sources strings address ranges that may reach it; empty for any`},
	{Ingress, "a way into a Kubernetes cluster for HTTP", `
		namespace string its namespace
		hosts strings names that it answers to; "*" for any
		plain_hosts strings those of them without TLS`},
	{NetworkPolicy, "a policy of packets between pods", `
		namespace string its namespace
		directions strings in and out, as it rules
		all_pods bool it rules every pod of its namespace
		opens strings directions in which it lets everyone through: in, out`},
	{Node, "a machine of a Kubernetes cluster", `
		version string of its kubelet
		support_ends time when upstream ends patches of that version
		os string its operating system
		kernel string its kernel
		runtime string what runs its containers
		ready bool it is ready
		external_address string its address of the internet; empty without one
		control_plane bool the control plane runs on it`},
	{StorageClass, "a class of volumes of a Kubernetes cluster", `
		provisioner string what makes the volumes
		default bool claims without a class get it
		encrypted bool its parameters demand encryption
		expands bool volumes may grow`},
	{AdmissionWebhook, "a hook that is asked before the API of a Kubernetes cluster stores something", `
		mutating bool it may change what is stored
		fails_open bool what it should judge is stored when it does not answer
		outside bool it runs outside the cluster`},
}
