# System calls by name, for the scripts of tests/sandbox.rs.
package Way;
use Exporter 'import';
our @EXPORT = qw(call socket_of);
use POSIX ();

# Numbers on x86_64 and elsewhere; one number where they are the same.
my %numbers = (
    acct => [163, 89], add_key => [248, 217], adjtimex => [159, 171], bpf => [321, 280],
    chroot => [161, 51], clock_adjtime => [305, 266], clock_settime => [227, 112],
    clone => [56, 220], clone3 => [435], delete_module => [176, 106], fanotify_init => [300, 262],
    fchmodat2 => [452], fchownat => [260, 54], fcntl => [72, 25], file_setattr => [469],
    finit_module => [313, 273], fsconfig => [431], fsmount => [432], fsopen => [430],
    fspick => [433], fsetxattr => [190, 7], futimesat => [261, undef], init_module => [175, 105],
    io_uring_setup => [425], ioctl => [16, 29], ioperm => [173, undef], iopl => [172, undef],
    kexec_file_load => [320, 294], kexec_load => [246, 104], keyctl => [250, 219],
    linkat => [265, 37], listen => [50, 201], lsetxattr => [189, 6], migrate_pages => [256, 238],
    mount => [165, 40], mount_setattr => [442], move_mount => [429], move_pages => [279, 239],
    mq_open => [240, 180], mq_unlink => [241, 181], name_to_handle_at => [303, 264],
    open_by_handle_at => [304, 265], open_tree => [428], perf_event_open => [298, 241],
    personality => [135, 92], pidfd_getfd => [438], pidfd_open => [434],
    pidfd_send_signal => [424], pivot_root => [155, 41], process_madvise => [440],
    process_vm_readv => [310, 270], process_vm_writev => [311, 271], ptrace => [101, 117],
    quotactl => [179, 60], reboot => [169, 142], removexattr => [197, 14],
    renameat2 => [316, 276], request_key => [249, 218], rt_sigqueueinfo => [129, 138],
    rt_tgsigqueueinfo => [297, 240],
    sendto => [44, 206], setdomainname => [171, 162], sethostname => [170, 161],
    setns => [308, 268], settimeofday => [164, 170], setxattr => [188, 5], setxattrat => [463],
    shmat => [30, 196], shmget => [29, 194], socket => [41, 198], socketpair => [53, 199],
    splice => [275, 76], swapoff => [168, 225], swapon => [167, 224], syslog => [103, 116],
    tgkill => [234, 131], tkill => [200, 130], umount2 => [166, 39], unshare => [272, 97],
    userfaultfd => [323, 282], utime => [132, undef], utimes => [235, undef],
);

# Makes a call; dies with the error where it fails. What the kernel writes into an argument comes
# back in the caller's variable.
sub call {
    my ($name, @arguments) = @_;
    my $number = $numbers{$name} or die "$name is no call of the table";
    $number = $number->[(POSIX::uname())[4] eq 'x86_64' || @$number == 1 ? 0 : 1];
    defined $number or die "$name: Function not implemented\n";
    my $result = syscall($number, @arguments);
    for my $at (1 .. $#_) {
        $_[$at] = $arguments[$at - 1] unless Internals::SvREADONLY($_[$at]);
    }
    die "$name: $!\n" if $result == -1;
    return $result;
}

# A perl handle on a descriptor.
sub socket_of {
    open(my $handle, '+<&=', $_[0]) or die $!;
    return $handle;
}

1;
