package ai.lelantos.envd.linux;

import java.io.IOException;
import java.util.Locale;

/// A system call that failed, with the kernel's number for why.
public final class Errno extends IOException {

    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int ESRCH = 3;
    public static final int EINTR = 4;
    public static final int EIO = 5;
    public static final int E2BIG = 7;
    public static final int EBADF = 9;
    public static final int ECHILD = 10;
    public static final int EAGAIN = 11;
    public static final int ENOMEM = 12;
    public static final int EACCES = 13;
    public static final int EEXIST = 17;
    public static final int EXDEV = 18;
    public static final int ENOTDIR = 20;
    public static final int EISDIR = 21;
    public static final int EINVAL = 22;
    public static final int EMFILE = 24;
    public static final int ENOSPC = 28;
    public static final int EROFS = 30;
    public static final int EPIPE = 32;
    public static final int ERANGE = 34;
    public static final int ENAMETOOLONG = 36;
    public static final int ENOSYS = 38;
    public static final int ENOTEMPTY = 39;
    public static final int ELOOP = 40;
    public static final int ENODATA = 61;
    public static final int ENOTSUP = 95;
    public static final int ETIMEDOUT = 110;
    public static final int ENOBUFS = 105;
    public static final int EDQUOT = 122;

    private static final long serialVersionUID = 1;

    private final int number;

    public Errno(int number, String what) {
        super(what + ": " + text(number));
        this.number = number;
    }

    public int number() {
        return number;
    }

    /// What the number means, in the lower case of an error message's tail: `permission denied`.
    public static String text(int number) {
        String text = Libc.strerror(number);
        boolean acronym = text.length() > 1 && Character.isUpperCase(text.charAt(1));
        return acronym ? text : text.substring(0, 1).toLowerCase(Locale.ROOT) + text.substring(1);
    }

    /// The result of a call that follows the kernel's convention, or what its minus errno means.
    static int check(int result, String what) throws Errno {
        if (result < 0) {
            throw new Errno(-result, what);
        }
        return result;
    }
}
