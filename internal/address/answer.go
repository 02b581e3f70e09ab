package address

import (
	"fmt"
	"iter"

	"golang.org/x/sys/unix"
)

// Flags and attributes of an acknowledgement, from linux/netlink.h.
const (
	nlmFCapped  = 0x100
	nlmFAckTLVs = 0x200

	nlmsgerrAttrMsg = 1
)

// answer is the kernel's acknowledgement of one request.
type answer struct {
	sequence uint32
	errno    unix.Errno // 0 is success
	text     []byte     // the kernel's own words, if it has any
}

func (a answer) err() error {
	if len(a.text) > 0 {
		return fmt.Errorf("%w (%s)", a.errno, a.text)
	}
	return a.errno
}

// answers walks through the acknowledgements of one datagram.
func answers(b []byte) iter.Seq[answer] {
	return func(yield func(answer) bool) {
		for len(b) >= unix.SizeofNlMsghdr {
			size := int(native.Uint32(b))
			if size < unix.SizeofNlMsghdr || size > len(b) {
				return
			}
			kind := native.Uint16(b[4:])
			if kind == unix.NLMSG_ERROR && size >= unix.SizeofNlMsghdr+4 && !yield(parseAnswer(b[:size])) {
				return
			}
			b = b[min(align(size), len(b)):]
		}
	}
}

func parseAnswer(message []byte) answer {
	flags := native.Uint16(message[6:])
	body := message[unix.SizeofNlMsghdr:]
	a := answer{
		sequence: native.Uint32(message[8:]),
		errno:    unix.Errno(-int32(native.Uint32(body))),
	}
	const echoAt = 4 // after the error number: the header of the request, and the whole of it unless capped
	if flags&nlmFAckTLVs == 0 || len(body) < echoAt+unix.SizeofNlMsghdr {
		return a
	}
	attrs := echoAt + unix.SizeofNlMsghdr
	if flags&nlmFCapped == 0 {
		attrs = echoAt + align(int(native.Uint32(body[echoAt:])))
	}
	if attrs >= 0 && attrs <= len(body) { // a length of 4 GiB is negative on small machines
		a.text = kernelText(body[attrs:])
	}
	return a
}

// kernelText finds NLMSGERR_ATTR_MSG among the attributes b.
func kernelText(b []byte) []byte {
	for len(b) >= unix.SizeofRtAttr {
		size, kind := int(native.Uint16(b)), native.Uint16(b[2:])
		if size < unix.SizeofRtAttr || size > len(b) {
			return nil
		}
		if text := b[unix.SizeofRtAttr:size]; kind == nlmsgerrAttrMsg && len(text) > 0 {
			return text[:len(text)-1] // it ends with a zero
		}
		b = b[min(align(size), len(b)):]
	}
	return nil
}

func align(n int) int { return (n + unix.NLMSG_ALIGNTO - 1) &^ (unix.NLMSG_ALIGNTO - 1) }
